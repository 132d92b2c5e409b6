/** A funded vault on a real bitcoind, a thief, and a rescue under way. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type Bitcoind, PURSE_ADDRESS, type Regtest } from '@belfry/bitcoind'
import { OwnerKey, SecretBytes } from '@belfry/keystore'
import { type Feerate, sats } from '@belfry/protocol/primitives'
import {
  type PublicKey,
  type SignDigest,
  type SignedRecoverySet,
  type SignedTransaction,
  type TransactionId,
  createPlan,
  multisigScript,
  signRecoverySet,
} from '@belfry/vault'
import { type RescueEnd, type RescueEvent, type RescueInit, rescue } from '../../src/index.ts'

export const CSV = 12
const VALUE = sats(50_000_000)

function keyOf(label: string): OwnerKey {
  const digest = createHash('sha256').update(`belfry rescue test/${label}`).digest()
  return new OwnerKey(SecretBytes.from(new Uint8Array(digest)))
}

const COLD = [1, 2, 3].map((at) => keyOf(`cold ${at}`))
export const HOT = keyOf('hot')
export const coldKeys = COLD.map((key) => publicKeyOf(key))

export function publicKeyOf(key: OwnerKey): PublicKey {
  return key.compressedPublicKey as PublicKey
}

export const signDigest: SignDigest = (wanted, digest) => {
  const signer = [...COLD, HOT].find((one) => publicKeyOf(one) === wanted)
  assert.ok(signer)
  return signer.signEcdsa(digest)
}

export interface VaultChoices {
  readonly act_at?: 'mempool' | 'confirmation'
  readonly csv?: number
  /** With an heir, and clawbacks that take fee coins. */
  readonly whole?: boolean
}

/** Its deposit is confirmed. Two unvault variants, so that one may replace the other. */
export async function fundedSet(regtest: Regtest, { act_at = 'confirmation', csv = CSV, whole = false }: VaultChoices = {}): Promise<SignedRecoverySet> {
  const cold = { threshold: 2, keys: coldKeys }
  await regtest.purse.fill()
  const { outpoints, transaction } = await regtest.purse.pay([{ script: multisigScript(cold, 'regtest').script, value: VALUE }])
  const [outpoint] = outpoints
  // Straight into a block, whatever the mempool asks for.
  await regtest.node(0).bitcoind.generateBlock(PURSE_ADDRESS, [transaction])
  assert.ok(outpoint)
  const { plan } = createPlan({
    network: 'regtest',
    deposit: { outpoint, value: VALUE },
    cold,
    hot: publicKeyOf(HOT),
    deep_cold: { kind: 'multi', threshold: 2, keys: [1, 2, 3].map((at) => publicKeyOf(keyOf(`deep cold ${at}`))) },
    csv,
    act_at,
    rungs: { unvault: [2_000, 20_000] as Feerate[] },
    ...(whole ? { profile: 'full', dead_man: { heir: publicKeyOf(keyOf('heir')), after: 1_000 } } : {}),
  })
  return signRecoverySet(plan, coldKeys, signDigest)
}

export function part(set: SignedRecoverySet, id: TransactionId): SignedTransaction {
  return set.transactions.find((transaction) => transaction.id === id) ?? assert.fail(`no ${id}`)
}

/** What a rescue told so far, to be waited for. */
export class Running {
  readonly events: RescueEvent[] = []
  readonly end: Promise<RescueEnd>
  readonly #stop = new AbortController()
  #heard = (): void => {}
  #failed: Error | null = null

  /** What bitcoind is made to say of the market: in regtest it learns one that differs from run to run. */
  estimate: Feerate | null

  constructor(bitcoind: Bitcoind, set: SignedRecoverySet, changes: Partial<RescueInit> = {}, estimate: Feerate | null = null) {
    this.estimate = estimate
    this.end = rescue({
      bitcoind: { ...bitcoind, estimateSmartFee: () => Promise.resolve(this.estimate) },
      set,
      emergency: false,
      until: 6,
      look_back: 1_000,
      interval_ms: 20,
      signal: this.#stop.signal,
      ...changes,
      onEvent: (event) => {
        this.events.push(event)
        this.#heard()
      },
    })
    this.end.catch((error: unknown) => {
      this.#failed = error instanceof Error ? error : new Error(String(error))
      this.#heard()
    })
  }

  /** The next event that fits, from this call on or, where `from` is given, from that number on. */
  async until<E extends RescueEvent['event']>(
    event: E,
    fits: (event: Extract<RescueEvent, { event: E }>) => boolean = () => true,
    from = this.events.length,
  ): Promise<Extract<RescueEvent, { event: E }>> {
    for (let at = from; ; ) {
      for (; at < this.events.length; at++) {
        const told = this.events[at]
        if (told !== undefined && isA(told, event) && fits(told)) return told
      }
      if (this.#failed !== null) throw this.#failed
      await new Promise<void>((resolve) => {
        this.#heard = resolve
      })
    }
  }

  /** As a kill does it: whatever it knew is gone. */
  async kill(): Promise<void> {
    this.#stop.abort()
    await assert.rejects(this.end)
  }
}

function isA<E extends RescueEvent['event']>(told: RescueEvent, event: E): told is Extract<RescueEvent, { event: E }> {
  return told.event === event
}

/** Ids of what was sent, in order, each once. */
export function sentIds({ events }: Running): string[] {
  return [...new Set(events.flatMap((one) => (one.event === 'sent' ? [one.rung.id] : [])))]
}
