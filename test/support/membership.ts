/** A change of members on a real federation: by the functions behind `belfry federation change|sign|consent|lock`. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type EnrolmentBundle, FederationLink, enrol, guardedVaultOf, lockToJson, makeBundle, makeFolder, portsOf, requireProtected, verifier, writeFiles } from '../../packages/client/src/index.ts'
import { ExitGuard, LEAST_COST, findFreePorts } from '../../packages/client/src/regtest.ts'
import type { RegtestNode } from '../../packages/bitcoind/src/index.ts'
import { type Cluster, Member, belfryCommand } from '../../packages/cli/src/demo/cluster/index.ts'
import { memberFiles } from '../../packages/cli/src/demo/cluster/files.ts'
import type { EnrolledVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { type NodeKeys, SecretBytes, createNodeKeys, openNodeKeys, readPassphraseFile } from '../../packages/keystore/src/index.ts'
import {
  type Card, type EncryptionKey, Federation, type Lock, type NodeKey, assembleNextLock, makeCard, parseLock, peerIdOf, proposeChange, signChange, signConsent, signedLock, nextBody,
} from '../../packages/protocol/src/index.ts'
import type { MemberIndex, Millis } from '../../packages/protocol/src/primitives/index.ts'

/** Somebody with keys, files and a bitcoind, who is a member of nothing yet. */
export interface Newcomer {
  readonly name: string
  readonly address: string
  readonly card: Card
  readonly keys: NodeKeys
  /** Its node, once it is to have this place. */
  readonly memberAt: (index: MemberIndex) => Member
}

export async function newcomer({ dir }: Pick<Cluster, 'dir'>, name: string, bitcoind: RegtestNode): Promise<Newcomer> {
  const files = memberFiles(dir, name)
  const { peer, http } = await findFreePorts(['peer', 'http'])
  const address = `/ip4/127.0.0.1/tcp/${peer}`
  await makeFolder(files.dataDir)
  const text = randomBytes(16).toString('hex')
  await writeFiles([{ path: files.passphrase, content: `${text}\n`, privacy: 'private' }])
  using passphrase = SecretBytes.from(Buffer.from(text))
  const keys = await createNodeKeys({ path: files.keystore, passphrase, cost: LEAST_COST })
  const node_key = keys.nodePublicKey as NodeKey
  const card = makeCard(portsOf(keys), {
    role: 'member', name, node_key, encryption_key: keys.encryptionPublicKey as EncryptionKey, owner_key: null, addresses: [address],
  })
  const seat = { name, address, files }
  return {
    name, address, card, keys,
    memberAt: (index) => new Member({ index, peer_id: peerIdOf(node_key), seat, bitcoind, httpPort: http, exitGuard: new ExitGuard(), command: belfryCommand() }),
  }
}

export interface NextEpoch {
  readonly federation: Federation
  readonly lock: Lock
  /** Of the lock file. */
  readonly path: string
}

/** Signed by all of the next epoch, consented to by all of the present one but `silent`. */
export async function nextEpoch(
  cluster: Pick<Cluster, 'dir' | 'lock' | 'members'>,
  { add, remove, silent = remove }: { add: readonly Newcomer[]; remove: readonly string[]; silent?: readonly string[] },
): Promise<NextEpoch> {
  const previous = parseLock(await readFile(cluster.lock, 'utf8'))
  const change = proposeChange(verifier, { previous, add: add.map(({ card }) => card), remove, created_at: Date.now() as Millis })
  const present = await Promise.all(cluster.members.map(async ({ name, files }) => ({ name, keys: await keysIn(files) })))
  const signers = [...present.filter(({ name }) => !remove.includes(name)), ...add]
  const signatures = signers.map(({ keys }) => signChange(portsOf(keys), change, keys.nodePublicKey as NodeKey))
  const next = signedLock(verifier, nextBody(change), signatures)
  const consents = present
    .filter(({ name }) => !silent.includes(name))
    .map(({ keys }) => signConsent(portsOf(keys), previous, next, keys.nodePublicKey as NodeKey))
  for (const { keys } of present) keys.wipe()
  const lock = assembleNextLock(verifier, change, signatures, consents)
  const path = join(cluster.dir, `federation.lock.${lock.epoch}.json`)
  await writeFiles([{ path, content: lockToJson(lock), privacy: 'public' }])
  return { federation: Federation.fromLock(verifier, lock), lock, path }
}

/** The owner gives the same recovery set to the members of another epoch. */
export async function reenrol({ owner }: Pick<Cluster, 'owner'>, federation: Federation, { set }: EnrolledVault, name: string): Promise<EnrolmentBundle> {
  using vault = guardedVaultOf(set, { name, federation })
  const bundle = await makeBundle({ federation, vault, root: owner.root })
  const link = await FederationLink.open(federation, owner.connect.identitySeed)
  try {
    requireProtected(await enrol(link, bundle, { retries: 6 }), federation.thresholds.clawback.protected)
    return bundle
  } finally {
    await link.close()
  }
}

async function keysIn({ keystore, passphrase: path }: Member['files']): Promise<NodeKeys> {
  using passphrase = await readPassphraseFile(path)
  return await openNodeKeys({ path: keystore, passphrase })
}
