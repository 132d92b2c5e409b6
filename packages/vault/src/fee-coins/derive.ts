/**
 * BIP-32 with private keys, and the one file of the fee wallet that has them in ordinary memory: for as long as one call, but for
 * what the library itself leaves behind until it is collected (its HMACs, which hold master key and tweaks).
 */
import { BIP32Factory, type BIP32Interface } from 'bip32'
import * as ecc from 'tiny-secp256k1'
import { invariant, toHex } from '@belfry/protocol/primitives'
import { addressOfScript } from '../scripts/address.ts'
import { withChecksum } from '../scripts/checksum.ts'
import type { PublicKey } from '../scripts/keys.ts'
import { type Network, parametersOf } from '../scripts/network.ts'
import type { FeeAccount, FeeKeyPath, FeeKeys } from './account.ts'
import { p2wpkh } from './coin.ts'

const BIP32 = BIP32Factory(ecc)
const PURPOSE = 84
const ACCOUNT = 0
const SEED_BYTES = 32
/** Half of all nonces give a low R, so this fails once in 2^65 signatures; the last one is good all the same. */
const MAX_GRINDS = 64

export const feeKeys: FeeKeys = {
  accountOf(seed, network) {
    return withAccountKey(seed, network, (account, fingerprint) => {
      const public_key = account.neutered()
      const origin = `${fingerprint}/${PURPOSE}h/${coinType(network)}h/${ACCOUNT}h`
      const descriptor = withChecksum(`wpkh([${origin}]${public_key.toBase58()}/<0;1>/*)`)
      return publicAccount(public_key, descriptor, network)
    })
  },

  sign(seed, network, { branch, index }, digest) {
    return withAccountKey(seed, network, (account) =>
      withDerived(account, [branch, index], (key) => signLowR(digest, privateKeyOf(key))))
  },
}

function publicAccount(account: BIP32Interface, descriptor: string, network: Network): FeeAccount {
  const keyAt = ({ branch, index }: FeeKeyPath): PublicKey =>
    toHex(account.derive(branch).derive(index).publicKey) as PublicKey
  const scriptAt = (path: FeeKeyPath): Uint8Array => p2wpkh(keyAt(path))
  return {
    network,
    descriptor,
    keyAt,
    scriptAt,
    addressAt: (path) => {
      const address = addressOfScript(scriptAt(path), network)
      invariant(address !== undefined, 'a P2WPKH script has an address')
      return address
    },
  }
}

function coinType(network: Network): number {
  return network === 'mainnet' ? 0 : 1
}

/** Lends m/84'/coin'/0' and the fingerprint of m. */
function withAccountKey<T>(seed: Uint8Array, network: Network, use: (key: BIP32Interface, fingerprint: string) => T): T {
  invariant(seed.length === SEED_BYTES, 'a seed has 32 bytes')
  const master = BIP32.fromSeed(seed, parametersOf(network))
  try {
    const fingerprint = toHex(master.fingerprint)
    const path = [PURPOSE, coinType(network), ACCOUNT].map((step) => step + 0x8000_0000)
    return withDerived(master, path, (key) => use(key, fingerprint))
  } finally {
    wipe(master)
  }
}

/** Lends the key at the end of the path, and zeroes all on the way there. */
function withDerived<T>(from: BIP32Interface, path: readonly number[], use: (key: BIP32Interface) => T): T {
  const [step, ...rest] = path
  if (step === undefined) return use(from)
  const child = step >= 0x8000_0000 ? from.deriveHardened(step - 0x8000_0000) : from.derive(step)
  try {
    return withDerived(child, rest, use)
  } finally {
    wipe(child)
  }
}

function wipe(key: BIP32Interface): void {
  key.privateKey?.fill(0)
}

function privateKeyOf({ privateKey }: BIP32Interface): Uint8Array {
  invariant(privateKey !== undefined, 'a key derived from a private one is private')
  return privateKey
}

/** As Bitcoin Core grinds: a counter as extra entropy, until the signature has at most 71 bytes with its sighash byte. */
function signLowR(digest: Uint8Array, key: Uint8Array): Uint8Array {
  let signature = ecc.sign(digest, key)
  const extra = new Uint8Array(32)
  for (let count = 1; (signature[0] ?? 0) >= 0x80 && count <= MAX_GRINDS; count++) {
    new DataView(extra.buffer).setUint32(0, count, true)
    signature = ecc.sign(digest, key, extra)
  }
  return signature
}
