/** A fee wallet beside a real bitcoind, with its coins told by hand or by a real chain watcher. */
import assert from 'node:assert/strict'
import { SecretBytes } from '@belfry/keystore'
import {
  type EnvelopeId, type Feerate, type IncidentId, type Outpoint, type Sats, type Txid, outpointOf, sats, toHex,
} from '@belfry/protocol/primitives'
import { type FeeKeyPath, type PoolNeeds, loadFeeKeys } from '@belfry/vault'
import type { Regtest } from '../../../bitcoind/src/index.ts'
import {
  type SharedCoin, SHARED_SCRIPT, anchored, anyoneCanPay, parentOf,
} from '../../../vault/test/support/fee-parents.ts'
import type { Bump } from '../../src/broadcast/fee-bumper.ts'
import type { FeeWalletConfig } from '../../src/config/index.ts'
import { FeeWallet, type FeeWalletModules } from '../../src/fee-wallet/fee-wallet.ts'
import type { FeeSigner } from '../../src/fee-wallet/key.ts'
import type { RowStore } from '../../src/store/index.ts'
import { recorded } from '../logging/support.ts'
import { StoredRows } from '../movements/support/wallet-watcher.ts'

const SEED = new Uint8Array(32).map((_, i) => 255 - i)
const U_FEE = 400n
export const OWN_FEE = 400n
const DEPOSIT = 50_000_000
/** So many scripts of each branch. */
const DERIVED = 200

export const CONFIG: FeeWalletConfig = {
  key_file: 'none', birth_height: null, max_sat_per_incident: 1_000_000, max_sat_per_window: 3_000_000, window_blocks: 1_008, split_max_sat_vb: 10,
}

export async function testSigner(): Promise<FeeSigner> {
  const keys = await loadFeeKeys()
  const account = keys.accountOf(SEED, 'regtest')
  return { account, sign: (path, digest) => keys.sign(SEED, 'regtest', path, digest), wipe: () => undefined }
}

export class Scene {
  readonly store: RowStore = new StoredRows()
  readonly log = recorded()
  /** What the core says. */
  open = new Set<IncidentId>()
  needs: PoolNeeds = { anyone_can_pay: true, anchored: true }
  readonly #regtest: Regtest
  readonly #signer: FeeSigner
  readonly #config: FeeWalletConfig
  readonly #paths = new Map<string, FeeKeyPath>()
  readonly #rebuilt = new Map<EnvelopeId, SecretBytes>()
  readonly #funded: { readonly outpoint: Outpoint; readonly script: Uint8Array; readonly value: Sats }[] = []
  #next = 0
  #incidents = 0
  #wallet: FeeWallet | null = null
  #bitcoind: Partial<FeeWalletModules['bitcoind']> = {}

  private constructor(regtest: Regtest, signer: FeeSigner, config: FeeWalletConfig) {
    this.#regtest = regtest
    this.#signer = signer
    this.#config = config
    for (const branch of [0, 1] as const) {
      for (let index = 0; index < DERIVED; index++) {
        this.#paths.set(toHex(signer.account.scriptAt({ branch, index })), { branch, index })
      }
    }
  }

  static async of(regtest: Regtest, config: Partial<FeeWalletConfig> = {}): Promise<Scene> {
    const scene = new Scene(regtest, await testSigner(), { ...CONFIG, ...config })
    await scene.restart()
    return scene
  }

  get wallet(): FeeWallet {
    assert.ok(this.#wallet)
    return this.#wallet
  }

  get bitcoind() {
    return this.#regtest.node(0).bitcoind
  }

  /** Answers of bitcoind from now on, once the wallet is restarted. */
  async interpose(changes: Partial<FeeWalletModules['bitcoind']>): Promise<void> {
    this.#bitcoind = changes
    await this.restart()
  }

  /** As after a restart of the node: only the store is left, and what the chain watcher's rows say. */
  async restart(): Promise<void> {
    this.#wallet = await FeeWallet.open({
      bitcoind: { ...this.bitcoind, ...this.#bitcoind },
      transactions: { get: (envelope_id) => this.#rebuilt.get(envelope_id) },
      store: this.store,
      signer: this.#signer,
      watch: { pathOf: (script) => this.#paths.get(toHex(script)) ?? null, nextIndex: () => this.#next, is_searching: false },
      config: this.#config,
      openIncidents: () => this.open,
      needs: () => this.needs,
      logger: this.log.logger,
    })
    for (const { outpoint, script, value } of this.#funded) this.#wallet.restore(outpoint, script, value)
  }

  scriptAt(index: number, branch: 0 | 1 = 0): Uint8Array {
    return this.#signer.account.scriptAt({ branch, index })
  }

  /** Confirmed coins of these values. */
  async fund(...values: readonly number[]): Promise<Outpoint[]> {
    const outputs = values.map((value, i) => ({ script: this.scriptAt(this.#next + i), value: sats(value) }))
    this.#next += values.length
    const { outpoints } = await this.#regtest.purse.fund(outputs)
    this.tell(outpoints.map((outpoint, i) => ({ outpoint, script: outputs[i]?.script ?? assert.fail(), value: sats(values[i] ?? 0) })))
    return [...outpoints]
  }

  /** As the chain watcher would. */
  tell(coins: readonly { readonly outpoint: Outpoint; readonly script: Uint8Array; readonly value: Sats }[]): void {
    for (const coin of coins) {
      this.#funded.push(coin)
      this.wallet.restore(coin.outpoint, coin.script, coin.value)
    }
  }

  /** What a mempool or block transaction pays to the wallet. */
  async tellOf(txid: Txid): Promise<void> {
    for (let vout = 0; vout < 16; vout++) {
      const output = await this.bitcoind.getTxOut(outpointOf(txid, vout), true)
      if (output !== null) this.tell([{ outpoint: outpointOf(txid, vout), script: output.script, value: output.value }])
    }
  }

  /** A new incident with U in the mempool, or confirmed. */
  async theft(confirmed: boolean, value = DEPOSIT): Promise<Theft> {
    const { outpoints: [deposit] } = await this.#regtest.purse.fund([{ script: SHARED_SCRIPT, value: sats(value) }])
    assert.ok(deposit)
    const unvault = parentOf({ coin: { outpoint: deposit, value: sats(value) }, fee: U_FEE, to: SHARED_SCRIPT })
    await this.bitcoind.sendRawTransaction(unvault.raw)
    if (confirmed) await this.mine()
    this.#incidents += 1
    const id = this.#incidents.toString(16).padStart(64, '0') as IncidentId
    this.open.add(id)
    return new Theft(this, id, { outpoint: outpointOf(unvault.txid, 0), value: sats(value - Number(U_FEE)) })
  }

  rebuilt(envelope_id: EnvelopeId, raw: Uint8Array): void {
    this.#rebuilt.set(envelope_id, SecretBytes.from(raw))
  }

  async mine(blocks = 1): Promise<void> {
    await this.#regtest.mine(0, blocks)
  }
}

export class Theft {
  readonly id: IncidentId
  readonly coin: SharedCoin
  readonly a: ReturnType<typeof anyoneCanPay>
  readonly p: ReturnType<typeof anchored>
  readonly #scene: Scene

  constructor(scene: Scene, id: IncidentId, coin: SharedCoin) {
    this.#scene = scene
    this.id = id
    this.coin = coin
    this.a = anyoneCanPay(coin, OWN_FEE)
    this.p = anchored(coin, OWN_FEE)
    scene.rebuilt(this.envelope('anyone-can-pay'), this.a.raw)
    scene.rebuilt(this.envelope('anchored'), this.p.raw)
  }

  envelope(means: Bump['means']): EnvelopeId {
    return `${means === 'anchored' ? 'aa' : 'bb'}${this.id.slice(2)}` as EnvelopeId
  }

  bump(means: Bump['means'], sat_vb: number, changes: Partial<Bump> = {}) {
    return this.#scene.wallet.bump({
      effect: 'bump',
      incident_id: this.id,
      envelope_id: this.envelope(means),
      txid: means === 'anchored' ? this.p.txid : this.a.txid,
      means,
      outpoint: this.coin.outpoint,
      feerate: (sat_vb * 1_000) as Feerate,
      min_fee: sats(0),
      deadline_blocks: 100,
      ...changes,
    })
  }
}
