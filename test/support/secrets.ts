/** Every secret of a run, in every form in which it could be written down by mistake. */
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cluster } from '../../packages/cli/src/demo/cluster/index.ts'
import type { EnrolledVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { NodeKeys, SecretBytes, combineShares, readEncryptedFile, sha256 } from '../../packages/keystore/src/index.ts'
import { decodeManifest, enrolInfo, envelopesOf, manifestHash } from '../../packages/protocol/src/index.ts'

export interface Secret {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Passphrases and private keys of members and owner, as their files hold them. */
export async function keySecrets({ members, owner }: Cluster): Promise<Secret[]> {
  const of = async (name: string, passphraseFile: string, files: readonly { path: string; kind: string }[]): Promise<Secret[]> => {
    const text = (await readFile(passphraseFile, 'utf8')).trim()
    using passphrase = SecretBytes.from(Buffer.from(text))
    const keys = await Promise.all(files.map(async ({ path, kind }) => {
      using plaintext = await readEncryptedFile({ path, kind, passphrase })
      return plaintext.use((bytes) => halves(bytes).map((half, at) => ({ name: `${name}: ${kind} ${at}`, bytes: half })))
    }))
    return [{ name: `${name}: passphrase`, bytes: Buffer.from(text) }, ...keys.flat()]
  }
  const ofMembers = await Promise.all(members.map(({ name, files }) => of(name, files.passphrase, [{ path: files.keystore, kind: 'node-keys' }])))
  const { files } = owner
  const ofOwner = await of('owner', files.passphrase, [{ path: files.connectKeys, kind: 'node-keys' }, { path: files.ownerKey, kind: 'owner-key' }])
  return [...ofMembers.flat(), ...ofOwner]
}

/** A keystore holds two keys of 32 bytes, an owner's key file one. */
function halves(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / 32 }, (_, at) => bytes.slice(32 * at, 32 * (at + 1)))
}

/** The shares of every envelope, opened with each member's own key, and the keys that they give. */
export async function custodySecrets({ members, federation }: Cluster, { bundle }: EnrolledVault): Promise<Secret[]> {
  const { bytes } = bundle.manifest
  const manifest_hash = manifestHash({ sha256 }, bytes)
  const envelopes = envelopesOf(decodeManifest(bytes))
  const secrets: Secret[] = []
  const shares = await Promise.all(members.map(async ({ index, name, files }) => {
    using passphrase = SecretBytes.from(Buffer.from((await readFile(files.passphrase, 'utf8')).trim()))
    using plaintext = await readEncryptedFile({ path: files.keystore, kind: 'node-keys', passphrase })
    using keys = new NodeKeys(plaintext)
    return envelopes.map(({ envelope_id }, at) => {
      const info = enrolInfo({ sha256 }, { lock_hash: federation.lock_hash, manifest_hash, envelope_id, recipient: index })
      const share = keys.open(bundle.shares[index - 1]?.[at] ?? new Uint8Array(0), { info })
      // Without its x, which is one byte and no secret.
      secrets.push({ name: `${name}: share of envelope ${at}`, bytes: share.use((view) => view.slice(0, 32)) })
      return share
    })
  }))
  const { t } = federation.thresholds.clawback
  for (const at of envelopes.keys()) {
    using key = await combineShares(shares.slice(0, t).flatMap((mine) => mine[at] ?? []))
    secrets.push({ name: `key of envelope ${at}`, bytes: key.use((view) => view.slice()) })
  }
  for (const share of shares.flat()) share.wipe()
  return secrets
}

const DER_OF_64 = Uint8Array.of(0x02, 0x20)
const SIGNATURE_BYTES = 66

/** A transaction can be told from its unsigned form, which is public, by its signatures: the first of each. */
export function transactionSecrets({ set }: EnrolledVault): (Secret & { readonly id: string })[] {
  return set.transactions.map(({ id, raw }) => {
    const at = Buffer.from(raw).indexOf(DER_OF_64, raw.length / 3)
    if (at < 0) throw new Error(`${id} has no signature`)
    return { id, name: id, bytes: raw.slice(at, at + SIGNATURE_BYTES) }
  })
}

/** Raw, in hex, and in base64 of both alphabets at each of the three places at which it can begin. */
function formsOf(bytes: Uint8Array): Buffer[] {
  const raw = Buffer.from(bytes)
  const hex = raw.toString('hex')
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), raw]).toString('base64').replaceAll('=', '')
    // Characters that also hold bits of what stands before or behind are left out.
    return text.slice(offset === 0 ? 0 : offset + 1, -1)
  })
  const texts = [hex, hex.toUpperCase(), ...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))]
  return [raw, ...texts.map((text) => Buffer.from(text))]
}

export class Search {
  readonly #forms: readonly { readonly name: string; readonly forms: readonly Buffer[] }[]

  constructor(secrets: readonly Secret[]) {
    this.#forms = secrets.map(({ name, bytes }) => ({ name, forms: formsOf(bytes) }))
  }

  /** Names of the secrets that stand in these bytes. */
  in(bytes: Uint8Array): string[] {
    const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    return this.#forms.filter(({ forms }) => forms.some((form) => haystack.includes(form))).map(({ name }) => name)
  }
}

/** Files under a folder, relative to it. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}
