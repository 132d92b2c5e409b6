/** What the thief has in his hands: a folder of what he copied from the owner's devices, and coins of his own. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type OwnerKey, SecretBytes, openOwnerKey } from '../../../packages/keystore/src/index.ts'
import { type Outpoint, type Sats, concat, sats } from '../../../packages/protocol/src/primitives/index.ts'
import { type PublicKey, type SignDigest, type SignedTransaction, type VaultPlan, parseUnvault } from '../../../packages/vault/src/index.ts'

/** 1 1 OP_EQUAL: no signature, and another script than the purse's. Data dropped would be no standard witness for Knots. */
export const THIEF_WITNESS_SCRIPT = Uint8Array.of(0x51, 0x51, 0x87)
/** Where all that he takes goes, and where his own coins lie. P2WSH. */
export const THIEF_SCRIPT = concat(Uint8Array.of(0x00, 0x20), new Uint8Array(createHash('sha256').update(THIEF_WITNESS_SCRIPT).digest()))

export const LOOT_FILES = {
  unvault: 'unvault.json',
  hotKey: 'hot.key',
  /** The first, the second, … */
  coldKey: (at: number): string => `cold-${at + 1}.key`,
  passphrase: 'passphrase',
  coins: 'coins.json',
  /** A folder: his keys to connect and to sign with, their passphrase, and the lock. */
  owner: 'owner',
  /** The bytes of the first generation's manifest, as they stand in the owner's enrolment. */
  manifest: 'manifest.bin',
} as const

/** Two are enough for every vault here. */
const COLD_KEYS_NEEDED = 2

export interface OwnCoin {
  readonly outpoint: Outpoint
  readonly value: Sats
}

export class Loot {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** Every U of the vault, lowest feerate first, as the hot device holds them. */
  async unvaults(): Promise<{ readonly plan: VaultPlan; readonly unvaults: readonly Pick<SignedTransaction, 'raw'>[] }> {
    const { plan, transactions } = parseUnvault(await this.#text(LOOT_FILES.unvault))
    return { plan, unvaults: transactions }
  }

  async hotKey(): Promise<SignDigest> {
    return signerOf([await this.#key(LOOT_FILES.hotKey)])
  }

  /** @throws where he did not get them */
  async coldKeys(): Promise<{ readonly keys: readonly PublicKey[]; readonly sign: SignDigest }> {
    const keys = await Promise.all(Array.from({ length: COLD_KEYS_NEEDED }, (_, at) => this.#key(LOOT_FILES.coldKey(at))))
    return { keys: keys.map(({ compressedPublicKey }) => compressedPublicKey as PublicKey), sign: signerOf(keys) }
  }

  async coins(): Promise<OwnCoin[]> {
    const coins = JSON.parse(await this.#text(LOOT_FILES.coins)) as { outpoint: Outpoint; value: number }[]
    return coins.map(({ outpoint, value }) => ({ outpoint, value: sats(value) }))
  }

  async #key(name: string): Promise<OwnerKey> {
    using passphrase = SecretBytes.from(Buffer.from((await this.#text(LOOT_FILES.passphrase)).trim()))
    return await openOwnerKey({ path: join(this.folder, name), passphrase })
  }

  #text(name: string): Promise<string> {
    return readFile(join(this.folder, name), 'utf8')
  }
}

function signerOf(keys: readonly OwnerKey[]): SignDigest {
  return (wanted, digest) => {
    const key = keys.find(({ compressedPublicKey }) => compressedPublicKey === wanted)
    if (key === undefined) throw new RangeError('the thief does not have this key')
    return key.signEcdsa(digest)
  }
}
