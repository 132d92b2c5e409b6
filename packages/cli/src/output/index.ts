export { Output, type Json, type JsonObject, type OutputInit, type Report, type Writable } from './output.ts'
export { type Mark, type Style, plain } from './style.ts'
export { list, table } from './table.ts'
export { btc, clock, count, satPerVb, sentenceList, short, utc } from './format.ts'
