export { sampleBlock, type SampleBlockInit } from './block.ts'
export { Random } from './writer.ts'
