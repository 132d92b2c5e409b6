/** Vaults for cores that parse no transactions: each stands for one by bytes of its own, with a true txid. */
import { type EnrolmentBundle, type GuardedVault, type RecoveryTransaction, makeBundle } from '../../packages/client/src/index.ts'
import { SecretBytes, sha256 } from '../../packages/keystore/src/index.ts'
import { type BlockRef, type ManifestHash, type OwnerAnswer, type SpendTx, enrolRequest, manifestHash, peerIdOf } from '../../packages/protocol/src/index.ts'
import { type BlockHash, type Feerate, type Hash32, type Height, type Outpoint, type Sats, type Txid, outpointOf, toCbor, toHex, utf8 } from '../../packages/protocol/src/primitives/index.ts'
import type { NodeKey } from '../../packages/protocol/src/index.ts'
import { type TestFederation, makeFederation } from './federation.ts'
import { TestMembers } from './members.ts'

const VERSION_AND_COUNT = '0300000001'
/** Previous output 0, empty script, sequence; one output of 1,000 sat to OP_TRUE; locktime 0. */
const REST = '0000000000fdffffff01e803000000000000015100000000'

/** A transaction of one input that the label chooses. */
export function transactionOf(label: string): SpendTx {
  const raw = new Uint8Array(Buffer.from(VERSION_AND_COUNT + toHex(sha256(utf8(label))) + REST, 'hex'))
  const txid = toHex(sha256(sha256(raw)).toReversed()) as Txid
  return { txid, wtxid: txid, vsize: raw.length, fee: 316n as Sats, outputs_hash: txid as string as Hash32, raw }
}

export function blockAt(height: number, branch = 'main'): BlockRef {
  return { height: height as Height, hash: toHex(sha256(utf8(`${branch}/${height}`))) as BlockHash }
}

function rung(label: string, sat_per_vb: number): RecoveryTransaction {
  const { txid, wtxid, raw } = transactionOf(label)
  const fee = BigInt(sat_per_vb * 169) as Sats
  return { txid, wtxid, vsize: 169, fee, feerate: (sat_per_vb * 1_000) as Feerate, raw: SecretBytes.from(raw) }
}

export const RUNGS = [2, 10, 50, 250] as const
export const CSV = 144

export interface TestVault extends GuardedVault {
  readonly unvault: SpendTx
}

export function testVault(change: Partial<GuardedVault> = {}, label = 'vault'): TestVault {
  const unvault = transactionOf(`${label}/unvault`)
  return {
    name: label,
    deposit: {
      outpoint: outpointOf(transactionOf(`${label}/deposit`).txid, 0),
      value: 50_000_000n as Sats,
      script: new Uint8Array(34).fill(1),
      funding: 'confirmed',
    },
    csv: CSV,
    act_at: 'confirmation',
    unvaults: [
      {
        txid: unvault.txid,
        vout: 0,
        vsize: 158,
        fee: 316n as Sats,
        clawback: RUNGS.map((rate) => rung(`${label}/clawback/${rate}`, rate)),
        anyone_can_pay: null,
        anchored: null,
      },
    ],
    dead_man: [],
    emergency: [rung(`${label}/emergency/10`, 10), rung(`${label}/emergency/250`, 250)],
    activation_delay: 1,
    ...change,
    unvault,
  }
}

export const clawbackTxid = (rate: number, label = 'vault'): Txid => transactionOf(`${label}/clawback/${rate}`).txid
export const emergencyTxid = (rate: number, label = 'vault'): Txid => transactionOf(`${label}/emergency/${rate}`).txid

export class Scene {
  readonly setting: TestFederation
  readonly members: TestMembers
  readonly vault: TestVault
  bundle: EnrolmentBundle | null = null
  height = 100

  constructor(setting: TestFederation, vault: TestVault) {
    this.setting = setting
    this.vault = vault
    this.members = new TestMembers(setting, peerIdOf(setting.owner.connect.nodePublicKey as NodeKey))
  }

  /** A federation at height 100 that guards an active vault. */
  static async guarded(options: { members?: number; vault?: Partial<GuardedVault> } = {}): Promise<Scene> {
    const scene = new Scene(makeFederation(options.members ?? 5), testVault(options.vault))
    await scene.members.start()
    await scene.connect()
    await scene.enrol()
    return scene
  }

  get deposit(): Outpoint {
    return this.vault.deposit.outpoint
  }

  get unvaulted(): Outpoint {
    return outpointOf(this.vault.unvault.txid, 0)
  }

  get manifest_hash(): ManifestHash {
    if (!this.bundle) throw new Error('enrol first')
    return manifestHash({ sha256 }, this.bundle.manifest.bytes)
  }

  async enrol(): Promise<void> {
    const { federation, owner } = this.setting
    this.bundle = await makeBundle({ federation, vault: this.vault, root: owner.root })
    const receipts: Uint8Array[] = []
    for (const { index } of federation.members) {
      const answer = await this.sendManifest(index, this.bundle)
      if (answer.answer === 'receipt') receipts.push(answer.frame)
    }
    for (const { index } of federation.members) {
      const request = { request: 'bundle' as const, manifest_hash: this.manifest_hash, receipts }
      await this.members.request(index, 'enrol', toCbor(enrolRequest, request))
    }
  }

  async sendManifest(member: number, { manifest, envelopes, shares }: EnrolmentBundle): Promise<OwnerAnswer> {
    const request = { request: 'manifest' as const, manifest, envelopes, shares: shares[member - 1] ?? [] }
    return await this.members.request(this.index(member), 'enrol', toCbor(enrolRequest, request))
  }

  index(member: number) {
    const found = this.setting.federation.members[member - 1]
    if (!found) throw new Error(`no member ${member}`)
    return found.index
  }

  /** Connects the next block at everybody, with these confirmed spends in it. */
  async connect(spends: readonly { outpoint: Outpoint; tx: SpendTx }[] = []): Promise<void> {
    const block = blockAt(this.height)
    for (const spend of spends) await this.members.chain({ event: 'spend-confirmed', ...spend, block })
    await this.members.chain({ event: 'block-connected', block, previous: blockAt(this.height - 1).hash })
    this.height += 1
  }

  async connectMany(count: number): Promise<void> {
    for (let at = 0; at < count; at++) await this.connect()
  }

  async theftSeen(): Promise<void> {
    await this.members.chain({ event: 'spend-seen', outpoint: this.deposit, tx: this.vault.unvault })
  }

  async theftConfirmed(): Promise<void> {
    await this.connect([{ outpoint: this.deposit, tx: this.vault.unvault }])
  }

  /** Everybody's mempool has the recovery transaction of this rung. */
  async recoverySeen(rate: number): Promise<void> {
    await this.members.chain({
      event: 'spend-seen',
      outpoint: this.unvaulted,
      tx: transactionOf(`${this.vault.name}/clawback/${rate}`),
    })
  }

  tells(event: string) {
    return this.members.tells.filter((tell) => tell.event === event)
  }

  /** Member and feerate (sat/vB) of each broadcast so far, by txid. */
  broadcast(): { member: number; txid: Txid; parent: boolean }[] {
    return this.members.broadcasts.map(({ member, txid, parent }) => ({ member, txid, parent: parent !== null }))
  }
}
