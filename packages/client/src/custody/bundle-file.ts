/** `enrolment.json` and the receipts beside it: what lets an enrolment go on where it stopped, with the same bytes. */
import {
  type Federation,
  MAX_MEMBERS,
  type Manifest,
  decodeManifest,
  manifestHash,
  vaultIdOf,
} from '@belfry/protocol'
import { type Infer, type ManifestHash, SchemaError, formatJson, s } from '@belfry/protocol/primitives'
import { verifier } from '../crypto.ts'
import { ClientError } from '../errors.ts'
import { readJson } from '../files/json.ts'
import { exists, writeFiles } from '../files/write.ts'
import { type EnrolmentBundle, enrolmentBundle } from './bundle.ts'
import { signingOf } from './signatures.ts'

/** Stored, and synced to the disk, before the first byte is sent. @throws ClientError, KeystoreError file-exists, file-not-written */
export async function writeBundle(path: string, bundle: EnrolmentBundle): Promise<void> {
  await writeFiles([{ path, content: formatJson(enrolmentBundle, bundle), privacy: 'private' }])
}

/** The same bundle with a further signature: what is sent stays the same. @throws ClientError, KeystoreError file-not-written */
export async function rewriteBundle(path: string, bundle: EnrolmentBundle): Promise<void> {
  await writeFiles([{ path, content: formatJson(enrolmentBundle, bundle), privacy: 'private' }], { force: true })
}

/** A stored bundle whose manifest its own root key signed for its own vault; others may have to sign, too (see signatures.ts). @throws ClientError file-unreadable, file-malformed */
export async function readBundle(
  path: string,
): Promise<{ readonly bundle: EnrolmentBundle; readonly manifest: Manifest }> {
  const bundle = await readJson(enrolmentBundle, path, 'an enrolment')
  const { bytes, signatures } = bundle.manifest
  const manifest = decode(path, bytes)
  requireSound(path, manifest, bundle.signers)
  const { root } = manifest.owner
  if (signingOf('manifest', bytes, signatures, { k: 1, keys: [root] }).lacking === 0) return { bundle, manifest }
  throw malformed(path, 'the manifest is not signed by the root key that it names')
}

/** What members would refuse, and what would show a person another vault, or other signers, than are meant. */
function requireSound(path: string, { vault_id, deposit, owner, previous }: Manifest, signers: EnrolmentBundle['signers']): void {
  if (vault_id !== vaultIdOf(verifier, deposit.outpoint, owner.root))
    throw malformed(path, 'it names another vault than its coin and its root key make')
  const { k, keys } = owner.enrol
  if (previous === null && (signers.k !== k || signers.keys.join() !== keys.join()))
    throw malformed(path, 'a first generation is signed by its own enrolment keys, and this file asks others')
}

function decode(path: string, bytes: Uint8Array): Manifest {
  try {
    return decodeManifest(bytes)
  } catch (error) {
    if (error instanceof SchemaError) throw malformed(path, `its manifest cannot be read (${error.message})`)
    throw error
  }
}

function malformed(path: string, what: string): ClientError {
  return new ClientError(
    'file-malformed',
    `${path}: ${what}`,
    'Restore the file; if members hold the vault already, do not make it anew.',
  )
}

/**
 * Whether a stored bundle may be sent to this federation by this owner.
 * @param root x-only, hex
 * @throws ClientError wrong-federation, wrong-owner
 */
export function requireBundleFits(manifest: Manifest, federation: Federation, root: string): void {
  if (manifest.lock_hash !== federation.lock_hash) {
    throw new ClientError(
      'wrong-federation',
      `the enrolment was made for the lock ${manifest.lock_hash}, not for ${federation.lock_hash} of "${federation.name}"`,
      'Give the lock file that the enrolment was made with, or another path for a new enrolment.',
    )
  }
  if (manifest.owner.root === root) return
  throw new ClientError(
    'wrong-owner',
    'the enrolment was made with another owner key',
    'Give the data directory of the owner who made it, or another path for a new enrolment.',
  )
}

/** A receipt frame has about 500. */
const MAX_FRAME_BYTES = 4_096

const receiptsSchema = s.struct({
  format: s.literal('belfry-receipts'),
  version: s.literal(1),
  manifest_hash: s.hex<ManifestHash>(32),
  /** Signed frames, in any order. */
  receipts: s.list(s.blob(MAX_FRAME_BYTES), MAX_MEMBERS),
})
export type Receipts = Omit<Infer<typeof receiptsSchema>, 'format' | 'version'>

/** A member's receipt stays true while the member is away, so it is kept. @throws ClientError, KeystoreError file-not-written */
export async function writeReceipts(path: string, receipts: Receipts): Promise<void> {
  const header = { format: 'belfry-receipts', version: 1 } as const
  const content = formatJson(receiptsSchema, { ...header, ...receipts })
  await writeFiles([{ path, content, privacy: 'public' }], { force: true })
}

/** @throws ClientError file-unreadable, file-malformed */
export async function readReceipts(path: string): Promise<Receipts> {
  const { manifest_hash, receipts } = await readJson(receiptsSchema, path, 'receipts')
  return { manifest_hash, receipts }
}

export function hashOfBundle(bundle: EnrolmentBundle): ManifestHash {
  return manifestHash(verifier, bundle.manifest.bytes)
}

export interface StoredBundle {
  readonly bundle: EnrolmentBundle
  readonly manifest: Manifest
  /** Whether it was there before. */
  readonly resumed: boolean
}

/**
 * The stored bundle, or a new one that is stored before it is returned: what is sent can always be sent again.
 * @param root of the owner who enrols: x-only, hex
 * @throws ClientError
 */
export async function resumeOrStore(
  { path, federation, root }: { readonly path: string; readonly federation: Federation; readonly root: string },
  make: () => Promise<EnrolmentBundle>,
): Promise<StoredBundle> {
  const resumed = await exists(path)
  if (!resumed) await writeBundle(path, await make())
  const { bundle, manifest } = await readBundle(path)
  requireBundleFits(manifest, federation, root)
  return { bundle, manifest, resumed }
}
