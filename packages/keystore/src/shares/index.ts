export { combineShares, MAX_SHARES, SHARE_BYTES, SHARED_KEY_BYTES, splitKey, type Splitting } from './shares.ts'
