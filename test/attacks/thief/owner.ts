/** What the owner's own keys are good for in the wrong hands: orders and manifests that every member takes for the owner's. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Transaction } from 'bitcoinjs-lib'
import { LOCK, NODE_KEYS, OWNER_KEY } from '../../../packages/cli/src/files/names.ts'
import {
  type GuardedVault, FederationLink, type RecoveryTransaction, anchorOfBitcoind, enrol as enrolBundle, makeBundle, makeCommand, manifestsOf,
  sendCommand, signCommand, signatureBy, soleOwner, surveyVaults, verifier, withdraw as withdrawManifest,
} from '../../../packages/client/src/index.ts'
import { type OwnerKey, SecretBytes, openNodeKeys, openOwnerKey, sha256 } from '../../../packages/keystore/src/index.ts'
import { Federation, type Order, parseLock, vaultIdOf } from '../../../packages/protocol/src/index.ts'
import { type Feerate, type ManifestHash, type Sats, type Txid, type VaultId, toHex } from '../../../packages/protocol/src/primitives/index.ts'
import { scriptsOf } from '../../../packages/vault/src/index.ts'
import { coldMoves } from './cold.ts'
import { LOOT_FILES, type Loot } from './loot.ts'
import type { Teller } from './telling.ts'

const ENROL_RETRIES = 6
const COMMAND_RETRIES = 3

interface Owner {
  readonly link: FederationLink
  readonly root: OwnerKey
  readonly vault_id: VaultId
  readonly active: ManifestHash
  readonly generation: number
}

async function asOwner(loot: Loot, use: (owner: Owner) => Promise<void>): Promise<void> {
  const folder = join(loot.folder, LOOT_FILES.owner)
  const text = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
  const federation = Federation.fromLock(verifier, parseLock(await text(LOCK)))
  using passphrase = SecretBytes.from(Buffer.from((await text(LOOT_FILES.passphrase)).trim()))
  using root = await openOwnerKey({ path: join(folder, OWNER_KEY), passphrase })
  using connect = await openNodeKeys({ path: join(folder, NODE_KEYS), passphrase })
  const link = await FederationLink.open(federation, connect.identitySeed)
  try {
    const { plan } = await loot.unvaults()
    const vault_id = vaultIdOf({ sha256 }, plan.deposit.outpoint, root.publicKey)
    const { active } = manifestsOf(link, await surveyVaults(link), vault_id)
    await use({ link, root, vault_id, active: active.hash, generation: active.generation })
  } finally {
    await link.close()
  }
}

/** Bytes that are no transaction, under a txid that nothing has: members cannot see into envelopes. */
function junk(fee: bigint, sat_vb: number): RecoveryTransaction {
  const txid = toHex(new Uint8Array(randomBytes(32))) as Txid
  const raw = SecretBytes.from(new Uint8Array(randomBytes(250)))
  return { txid, wtxid: txid, vsize: 169, fee: fee as Sats, feerate: (sat_vb * 1_000) as Feerate, raw }
}

/** A next generation for the same coin, whose clawbacks and emergencies are junk. @param named the transactions that it calls unvaults */
async function enrolNext(loot: Loot, teller: Teller, tried: string, named: readonly Transaction[]): Promise<void> {
  const { plan } = await loot.unvaults()
  await asOwner(loot, async ({ link, root, active, generation }) => {
    const vault: GuardedVault = {
      name: 'superseded',
      deposit: { ...plan.deposit, script: scriptsOf(plan).deposit.script, funding: 'confirmed' },
      csv: plan.csv,
      act_at: plan.act_at,
      unvaults: named.map((transaction) => ({
        txid: transaction.getId() as Txid,
        vout: 0,
        vsize: transaction.virtualSize(),
        fee: (plan.deposit.value - (transaction.outs[0]?.value ?? 0n)) as Sats,
        clawback: [junk(338n, 2), junk(1_690n, 10)],
        anyone_can_pay: null,
        anchored: null,
      })),
      emergency: [junk(1_580n, 10)],
      dead_man: [],
      activation_delay: 1,
    }
    const bundle = await makeBundle({ federation: link.federation, vault, root, generation: generation + 1, previous: active })
    const { results, receipts } = await enrolBundle(link, bundle, { retries: ENROL_RETRIES })
    const refusals = results.flatMap((one) => (one.result === 'receipt' ? [] : [`${one.member}: ${one.code}`]))
    teller.say({ tried, answer: receipts.length === results.length ? 'accepted' : 'rejected', reason: refusals.join('; ') || null })
  })
}

/** Names the owner's own unvaults, with clawbacks that are none. */
export async function supersede(loot: Loot, teller: Teller): Promise<void> {
  const { unvaults } = await loot.unvaults()
  await enrolNext(loot, teller, 'a next generation with the same unvaults and junk for clawbacks', unvaults.map(({ raw }) => Transaction.fromBuffer(raw)))
}

/** With the cold keys too: calls his own spend of the deposit an unvault. */
export async function nameColdSpend(loot: Loot, teller: Teller, [sat_vb = 5]: readonly number[]): Promise<void> {
  const named = (await coldMoves(loot, [sat_vb])).map(({ raw }) => Transaction.fromBuffer(raw))
  await enrolNext(loot, teller, 'a next generation that calls his spend of the deposit an unvault', named)
}

async function give(owner: Owner, teller: Teller, what: Order): Promise<void> {
  const { link, root, vault_id } = owner
  const anchor = await anchorOfBitcoind(teller.bitcoind)
  const bytes = makeCommand({ federation: link.federation, vault_id, anchor, what })
  const results = await sendCommand(link, signCommand({ bytes, signatures: [] }, root), { retries: COMMAND_RETRIES })
  const refusals = results.flatMap((one) => ('code' in one ? [`${one.member}: ${one.code}`] : []))
  teller.say({ tried: what.order, answer: refusals.length === 0 ? 'accepted' : 'rejected', reason: refusals.join('; ') || null })
}

/** Every order that might disarm the vault. */
export async function disarm(loot: Loot, teller: Teller): Promise<void> {
  await asOwner(loot, async (owner) => {
    const { link, root, active } = owner
    await give(owner, teller, { order: 'cancel-generation', manifest_hash: active })
    await give(owner, teller, { order: 'destroy' })
    await give(owner, teller, { order: 'revoke' })
    const manifest = await readFile(join(loot.folder, LOOT_FILES.manifest))
    const signature = signatureBy('withdraw', manifest, root, soleOwner(root.publicKey).enrol)
    const withdrawn = await withdrawManifest(link, active, [signature])
    const words = withdrawn.map((one) => `${one.member}: ${one.result === 'state' ? one.state : one.code}`)
    const isWithdrawn = withdrawn.some((one) => one.result === 'state' && one.state === 'withdrawn')
    teller.say({ tried: 'withdraw the active manifest', answer: isWithdrawn ? 'accepted' : 'rejected', reason: words.join('; ') })
  })
}

/** Has the coin brought to deep cold, to nobody's gain. */
export async function panic(loot: Loot, teller: Teller): Promise<void> {
  await asOwner(loot, (owner) => give(owner, teller, { order: 'panic' }))
}
