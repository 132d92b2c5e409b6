export { formatOf } from './json.ts'
export { readBytes, readPieces, readText } from './read.ts'
export {
  type NewFile,
  type Privacy,
  type WriteOptions,
  exists,
  makeFolder,
  refuseExisting,
  writeFiles,
} from './write.ts'
