/** A federation with real keys, the same in every run. */
import { createHash } from 'node:crypto'
import { NodeKeys, OwnerKey, SecretBytes, sha256, verifyEd25519, verifySchnorr } from '../../packages/keystore/src/index.ts'
import {
  type EncryptionKey,
  Federation,
  type Frame,
  type Header,
  MESSAGE_VERSION,
  type NodeKey,
  type ThresholdChoices,
  assembleLock,
  define,
  makeCard,
  signDefinition,
  signFrame,
} from '../../packages/protocol/src/index.ts'
import type { MemberIndex, Millis } from '../../packages/protocol/src/primitives/index.ts'

export const verifier = { sha256, verifyNode: verifyEd25519, verifyOwner: verifySchnorr }

/** A secret that is the same in every run. */
export function secretOf(label: string, length: number): SecretBytes {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, at) =>
    createHash('sha256').update(`${label}/${at}`).digest(),
  )
  return SecretBytes.from(new Uint8Array(Buffer.concat(blocks).subarray(0, length)))
}

export interface TestFederation {
  readonly federation: Federation
  /** In the order of the members. */
  readonly keys: readonly NodeKeys[]
  readonly owner: { readonly connect: NodeKeys; readonly root: OwnerKey }
}

export function makeFederation(count: number, thresholds?: ThresholdChoices): TestFederation {
  const keys = Array.from({ length: count }, (_, at) => new NodeKeys(secretOf(`member ${at + 1}`, 64)))
  const signers = keys.map((one) => ({ ...verifier, sign: (bytes: Uint8Array) => one.sign(bytes) }))
  const cards = keys.map((one, at) =>
    makeCard(signers[at] ?? assertNone(), {
      role: 'member',
      name: `member ${String(at + 1).padStart(2, '0')}`,
      node_key: one.nodePublicKey as NodeKey,
      encryption_key: one.encryptionPublicKey as EncryptionKey,
      owner_key: null,
      addresses: [],
    }),
  )
  const definition = define(verifier, {
    name: 'test',
    network: 'regtest',
    created_at: 0 as Millis,
    cards,
    timing: { heartbeat_ms: 1_000 as Millis },
    ...(thresholds ? { thresholds } : {}),
  })
  const signatures = signers.map((ports, at) => signDefinition(ports, definition, (keys[at] ?? assertNone()).nodePublicKey as NodeKey))
  const federation = Federation.fromLock(verifier, assembleLock(verifier, definition, signatures))
  const owner = { connect: new NodeKeys(secretOf('owner', 64)), root: new OwnerKey(secretOf('root', 32)) }
  return { federation, keys, owner }
}

export interface Signer {
  readonly federation: Federation
  readonly index: MemberIndex
  readonly keys: NodeKeys
}

/** A message of this member, with whatever stands in its head. */
export function signedBy(
  { federation, index, keys }: Signer,
  head: Pick<Header, 'kind' | 'boot' | 'seq' | 'sent_at' | 'body'> & Partial<Header>,
  attachment: Uint8Array | null,
): Frame {
  const { lock_hash, lock_prefix, epoch } = federation
  const { peer_id } = federation.memberOf(index)
  const whole = { version: MESSAGE_VERSION, lock_prefix, epoch, from: index, peer_id, ...head }
  return signFrame({ ...verifier, sign: (bytes) => keys.sign(bytes) }, lock_hash, whole, attachment)
}

function assertNone(): never {
  throw new Error('one for every member')
}
