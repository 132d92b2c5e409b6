import { readFileSync } from 'node:fs'
import { type DoubleSha256, TxidHasher } from './txid-hasher.ts'

/** Of the language, but its types come with a browser's only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** The same way from the source as from what is built from it: both are three folders deep. */
const BUILT = new URL('../../../wasm/double-sha256.wasm', import.meta.url)

/** Each has a memory of its own, of 4.4 MB. */
export function createTxidHasher(): TxidHasher {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(BUILT)))
  return new TxidHasher(exports as DoubleSha256)
}
