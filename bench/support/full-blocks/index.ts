export { FullBlocks, type NumberedBlock } from './full-blocks.ts'
export { startBlockStage, type BlockStage } from './stage.ts'
export { WatchedCoins } from './watched-coins.ts'
