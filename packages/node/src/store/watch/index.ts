export { FOLD_RULE, type FoldRule } from './fold.ts'
export type { WatchKind } from './kinds.ts'
export { type LoadOptions, WatchRows } from './watch-rows.ts'
