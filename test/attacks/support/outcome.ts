/** What became of a coin, who paid how much for it, and what Belfry says of it. */
import assert from 'node:assert/strict'
import { appendFile, readFile } from 'node:fs/promises'
import { Transaction } from 'bitcoinjs-lib'
import type { RegtestNode } from '../../../packages/bitcoind/src/index.ts'
import type { Member } from '../../../packages/cli/src/demo/cluster/index.ts'
import type { EnrolledVault } from '../../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { type Outpoint, type Txid, outpointOf, toHex } from '../../../packages/protocol/src/primitives/index.ts'
import { scriptsOf } from '../../../packages/vault/src/index.ts'
import { belfry, eventually, incidentAt } from '../../support/watch.ts'
import type { Attempt } from '../thief/attempt.ts'
import { THIEF_SCRIPT } from '../thief/loot.ts'
import type { Raid } from './raid.ts'

/** Where the coin lies that was the deposit, as one bitcoind's chain has it. */
export interface Ending {
  readonly holder: 'owner' | 'thief' | 'vault' | 'unvault'
  /** The last transaction that moved it; null for the deposit itself. */
  readonly txid: Txid | null
  /** What all its moves cost, sat: paid out of the vault's coin. */
  readonly fees_sats: number
  readonly value_sats: number
}

/** Follows the coin from the deposit, in the chain alone. */
export async function endingAt(node: RegtestNode, { plan }: EnrolledVault): Promise<Ending> {
  const { deep_cold, unvault } = scriptsOf(plan)
  const start = Number(plan.deposit.value)
  let outpoint: Outpoint = plan.deposit.outpoint
  let ending: Ending = { holder: 'vault', txid: null, fees_sats: 0, value_sats: start }
  for (;;) {
    const spender = await confirmedSpender(node, outpoint)
    if (spender === null) return ending
    const transaction = Transaction.fromBuffer(spender)
    const [paid] = transaction.outs
    assert.ok(paid)
    const holders = new Map([[toHex(deep_cold.script), 'owner'], [toHex(THIEF_SCRIPT), 'thief'], [toHex(unvault.script), 'unvault']] as const)
    const holder = holders.get(toHex(paid.script))
    assert.ok(holder, 'the coin went where nobody here could have brought it')
    const txid = transaction.getId() as Txid
    ending = { holder, txid, fees_sats: Math.max(0, start - Number(paid.value)), value_sats: Number(paid.value) }
    if (holder !== 'unvault') return ending
    outpoint = outpointOf(txid, 0)
  }
}

/** How far back the search for a spend goes. */
const MAX_BLOCKS_BACK = 400

async function confirmedSpender({ bitcoind }: RegtestNode, outpoint: Outpoint): Promise<Uint8Array | null> {
  if ((await bitcoind.getTxOut(outpoint, false)) !== null) return null
  const { blocks } = await bitcoind.getBlockchainInfo()
  for (let height = blocks; height > Math.max(0, blocks - MAX_BLOCKS_BACK); height--) {
    const hash = await bitcoind.getBlockHash(height)
    const block = (await bitcoind.rpc.call('getblock', [hash, 2])) as { tx: { hex: string; vin: { txid?: string; vout?: number }[] }[] }
    const found = block.tx.find(({ vin }) => vin.some(({ txid, vout }) => txid !== undefined && `${txid}:${vout}` === outpoint))
    if (found !== undefined) return Buffer.from(found.hex, 'hex')
  }
  return null
}

/** At every member's bitcoind the coin is the owner's, in deep cold. @returns how */
export async function assertSaved(raid: Raid): Promise<Ending> {
  const endings = await Promise.all(raid.cluster.regtest.nodes.map((node) => endingAt(node, raid.vault)))
  for (const { holder } of endings) assert.equal(holder, 'owner')
  const [ending] = endings
  assert.ok(ending)
  return ending
}

/** The members' log lines that name the transaction, at these levels. */
async function alarmsOf({ files }: Member, txid: string): Promise<{ event: string; level: string }[]> {
  const lines = (await readFile(files.log, 'utf8')).split('\n').slice(0, -1)
  return lines.filter((line) => line.includes(txid)).map((line) => JSON.parse(line) as { event: string; level: string })
    .filter(({ level }) => level === 'warn' || level === 'error')
}

/** Every member raises an alarm that names the transaction. */
export async function assertAlarmed({ cluster }: Pick<Raid, 'cluster'>, txid: string): Promise<void> {
  for (const member of cluster.members) {
    await eventually(`an alarm of ${member.name} that names ${txid}`, async () => (await alarmsOf(member, txid)).length > 0)
  }
}

/** Every member says so, at once: in its log, in the incident's status, and in the story that it tells. */
export async function assertLossTold({ cluster, vault }: Raid, trigger: 'theft' | 'cold-theft', txid: string): Promise<void> {
  for (const member of cluster.members) {
    const said = await eventually(`the loss told by ${member.name}`, async () => {
      const incident = await incidentAt(member, vault, trigger)
      return incident?.end?.txid === txid ? incident : null
    })
    assert.equal(said.end?.recovered, false)
    const { stdout } = await belfry('incident', 'explain', said.incident_id, '--config', member.files.config)
    assert.match(stdout, new RegExp(`The coin was spent by ${txid}, which is no transaction of this vault`))
    assert.notEqual(said.status, 'open', `${member.name} does not call a coin that was taken "too few members have voted yet"`)
  }
  await assertAlarmed({ cluster }, txid)
}

/** What was measured, for the table in docs/security-analysis.md: a JSON line where BELFRY_ATTACK_TABLE names a file. */
export async function measured(attack: string, row: Readonly<Record<string, string | number>>): Promise<void> {
  const path = process.env['BELFRY_ATTACK_TABLE']
  if (path !== undefined) await appendFile(path, `${JSON.stringify({ attack, ...row })}\n`)
}

/** Every attempt was refused, and not for want of trying. */
export function assertAllRefused(attempts: readonly Attempt[], reason: RegExp): void {
  assert.ok(attempts.length > 0)
  for (const { tried, answer, reason: words } of attempts) {
    assert.notEqual(answer, 'accepted', tried)
    assert.match(words ?? '', reason, `${tried}: ${answer}, ${words ?? 'no reason'}`)
  }
}
