/**
 * The one file that knows @bitcoinerlab/descriptors-core. Imported only when a descriptor is to be read: it brings a tenth of a
 * second of loading with it, and most commands read none.
 */
import { DescriptorsFactory } from '@bitcoinerlab/descriptors-core'
import { createBitcoinjsLib } from '@bitcoinerlab/descriptors-core/bitcoinjs'
import { networks } from 'bitcoinjs-lib'
import * as ecc from 'tiny-secp256k1'

// @bitcoinerlab/descriptors around it would bring a curve in pure JavaScript, ten times slower, and set it for all of
// bitcoinjs-lib.
const { BIP32, expand } = DescriptorsFactory(createBitcoinjsLib(ecc))

/** The output script of a descriptor whose keys are all in hex. @throws Error that may quote all of it */
export function outputScript(descriptor: string): Uint8Array {
  // The network changes addresses only.
  const output = expand({ descriptor, network: networks.bitcoin }).payment?.output
  if (output === undefined) throw new Error('no output script')
  return output
}

/** A public key of BIP-32 from which others follow. */
export interface ExtendedKey {
  readonly publicKey: Uint8Array
  derive(index: number): ExtendedKey
}

/** @throws Error that may quote it, also where its version is not this one */
export function extendedKey(base58: string, version: { readonly public: number; readonly private: number }): ExtendedKey {
  return BIP32.fromBase58(base58, { ...networks.bitcoin, bip32: version })
}

/** The same extended key under another version. @throws Error that may quote it */
export function respelled(base58: string, from: number, to: number): string {
  // The key holds on to this object and takes the version from it when it is written.
  const version = { public: from, private: NO_VERSION }
  const key = BIP32.fromBase58(base58, { ...networks.bitcoin, bip32: version })
  version.public = to
  return key.toBase58()
}

/** That of no private key: one would not be read. */
const NO_VERSION = 0
