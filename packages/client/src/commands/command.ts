/** Making an order, and gathering the signatures that it needs. */
import { randomBytes } from 'node:crypto'
import {
  ANCHOR_DEPTH,
  type BlockRef,
  COMMAND_RECENCY,
  type Command,
  type Federation,
  type Manifest,
  type Order,
  type SignedCommand,
  commandDigest,
  commandHash,
  decodeCommand,
  encodeCommand,
  requiredKeys,
} from '@belfry/protocol'
import { type Hash32, type Height, SchemaError, type VaultId } from '@belfry/protocol/primitives'
import { verifier } from '../crypto.ts'
import type { RootKey } from '../custody/bundle.ts'
import { ClientError } from '../errors.ts'

export interface CommandInit {
  readonly federation: Federation
  readonly vault_id: VaultId
  /** A block ANCHOR_DEPTH deep: see anchorOfBitcoind, anchorOfMembers. */
  readonly anchor: BlockRef
  readonly what: Order
}

const NONCE_BYTES = 16

/** Not signed yet. Each call makes another command, although it orders the same. @returns the bytes to sign */
export function makeCommand({ federation, vault_id, anchor, what }: CommandInit): Uint8Array {
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES))
  const { lock_hash } = federation
  return encodeCommand({ format: 'belfry-command', version: 1, lock_hash, vault_id, nonce, anchor, what })
}

/** A key of an owner or guardian, as far as orders need it. */
export type OrderKey = RootKey

/** The same command with this key's signature, which takes the place of one that it gave before; forged ones are left out. */
export function signCommand({ bytes, signatures }: Pick<SignedCommand, 'bytes' | 'signatures'>, key: OrderKey): SignedCommand {
  const others = withoutForged({ bytes, signatures }).signatures.filter((one) => one.key !== key.publicKey)
  const signature = key.signSchnorr(commandDigest(verifier, bytes))
  return { bytes, signatures: [...others, { key: key.publicKey, signature }] }
}

/** A member refuses an order that has a forged signature among good ones, and a file may get one on its way. */
export function withoutForged({ bytes, signatures }: SignedCommand): SignedCommand {
  const digest = commandDigest(verifier, bytes)
  return { bytes, signatures: signatures.filter(({ key, signature }) => verifier.verifyOwner(key, digest, signature)) }
}

export function hashOfCommand({ bytes }: Pick<SignedCommand, 'bytes'>): Hash32 {
  return commandHash(verifier, bytes)
}

/** What it orders. @throws ClientError command-malformed */
export function readCommand({ bytes }: Pick<SignedCommand, 'bytes'>): Command {
  try {
    return decodeCommand(bytes)
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new ClientError(
      'command-malformed',
      `the command cannot be read: ${error.message}`,
      'Use a client of the version that made it, or have it made anew.',
      { cause: error },
    )
  }
}

/** @throws ClientError command-malformed, wrong-federation */
export function requireCommandFits(signed: Pick<SignedCommand, 'bytes'>, { lock_hash, name }: Federation): Command {
  const command = readCommand(signed)
  if (command.lock_hash === lock_hash) return command
  throw new ClientError(
    'wrong-federation',
    `the command was made for the lock ${command.lock_hash}, not for ${lock_hash} of "${name}"`,
    'Give the lock file that it was made with.',
  )
}

/** A member whose tip is above this takes the command only if others vouch that they took it in time. */
export function lastHeightFor({ anchor }: Pick<Command, 'anchor'>): Height {
  return (anchor.height + ANCHOR_DEPTH + COMMAND_RECENCY) as Height
}

/** The keys whose signatures hold, each once, in their order. */
export function signersOf(signed: SignedCommand): string[] {
  return [...new Set(withoutForged(signed).signatures.map(({ key }) => key))]
}

/** The keys of which a signature is there and none that holds, each once. */
export function wrongSignersOf(signed: SignedCommand): string[] {
  const signers = signersOf(signed)
  return [...new Set(signed.signatures.map(({ key }) => key))].filter((key) => !signers.includes(key))
}

export interface Quorum {
  readonly k: number
  readonly keys: readonly string[]
}

/** Whose signatures members ask for, by the manifest that counts. */
export function quorumFor({ owner }: Pick<Manifest, 'owner'>, order: Order['order']): Quorum {
  return requiredKeys({ owner }, order)
}
