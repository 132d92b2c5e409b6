/** Many vaults of one owner: funded together, signed each for itself, and enrolled one after the other. */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type EnrolmentBundle, type FederationLink, type SignedRecoverySet, type VaultPlan, createPlan, enrol,
  guardedVaultOf, makeBundle, multisigScript, signRecoverySet,
} from '../../packages/client/src/index.ts'
import {
  type ActAt, type Feerate, type Regtest, type SignedTransaction, type Spend, buildColdSpend, sats,
} from '../../packages/client/src/regtest.ts'
import { DemoKeys } from '../../packages/cli/src/demo/vault/keys.ts'
import type { OwnerKeys } from '../../packages/cli/src/demo/cluster/index.ts'
import type { ReactionInit } from './series.ts'
import type { Stage } from './stage.ts'

/** Enough for the whole default ladder within its fee limit, so that every vault has the same rungs. */
const DEPOSIT_SATS = 5_000_000
/** Outputs of one funding transaction; a purse's coin pays for so many even after some halvings. */
const VAULTS_PER_FUNDING = 50
/** What a thief with the cold keys pays. sat/kvB. */
const THIEF_FEERATE = 5_000 as Feerate
/** A member takes 120 requests a minute of an owner: who is over asks again. */
const ENROL_RETRY_MS = 1_000
const MAX_ENROL_TRIES = 60
const ENROLLED_BETWEEN_LINES = 20

export interface PreparedVault {
  readonly name: string
  readonly plan: VaultPlan
  readonly set: SignedRecoverySet
  readonly unvault: SignedTransaction
  /** Lowest feerate first. */
  readonly clawback: readonly SignedTransaction[]
  readonly emergency: readonly SignedTransaction[]
  /** The deposit taken by two cold keys: cold-theft. */
  readonly coldSpend: Spend
}

/** Funded and signed, known to no member. */
export async function prepareVaults(regtest: Regtest, name: string, act_at: ActAt, count: number): Promise<PreparedVault[]> {
  const keys = new DemoKeys()
  const { script } = multisigScript(keys.coldSet, 'regtest')
  const vaults: PreparedVault[] = []
  while (vaults.length < count) {
    const wanted = Math.min(VAULTS_PER_FUNDING, count - vaults.length)
    const outputs = Array.from({ length: wanted }, () => ({ script, value: sats(DEPOSIT_SATS) }))
    const { outpoints } = await regtest.purse.fund(outputs)
    vaults.push(...outpoints.map((outpoint, at) => prepare(`${name}-${vaults.length + at + 1}`, outpoint, act_at, keys)))
  }
  keys.wipe()
  await regtest.waitForSameTip()
  return vaults
}

function prepare(name: string, outpoint: VaultPlan['deposit']['outpoint'], act_at: ActAt, keys: DemoKeys): PreparedVault {
  const { plan } = createPlan({
    network: 'regtest',
    deposit: { outpoint, value: sats(DEPOSIT_SATS) },
    cold: keys.coldSet,
    hot: keys.hotKey,
    deep_cold: { kind: 'multi', ...keys.deepColdSet },
    act_at,
  })
  const { cold } = plan
  const signers = cold.keys.slice(0, cold.threshold)
  const set = signRecoverySet(plan, signers, keys.sign)
  const of = (purpose: SignedTransaction['place']['purpose']) => set.transactions.filter(({ place }) => place.purpose === purpose)
  const [unvault] = of('unvault')
  if (unvault === undefined) throw new RangeError('every recovery set has an unvault')
  const { script: loot } = multisigScript({ threshold: 1, keys: [keys.hotKey] }, 'regtest')
  const coldSpend = buildColdSpend(plan, signers, loot, THIEF_FEERATE, keys.sign)
  return { name, plan, set, unvault, clawback: of('clawback'), emergency: of('emergency'), coldSpend }
}

/** One after the other. Each is active at every member when this resolves. Gives back what was sent, in the same order. */
export async function enrolAll(
  { cluster, link }: Pick<Stage, 'cluster' | 'link'>,
  vaults: readonly PreparedVault[],
  { progress, signal }: Pick<ReactionInit, 'progress' | 'signal'>,
): Promise<EnrolmentBundle[]> {
  const bundles: EnrolmentBundle[] = []
  for (const vault of vaults) {
    if (bundles.length % ENROLLED_BETWEEN_LINES === 0) progress(`${vault.name}: ${bundles.length} of ${vaults.length} enrolled`)
    bundles.push(await enrolOne(link, cluster.owner, vault, signal))
  }
  return bundles
}

async function enrolOne(link: FederationLink, owner: OwnerKeys, vault: PreparedVault, signal: AbortSignal): Promise<EnrolmentBundle> {
  const { federation } = link
  using guarded = guardedVaultOf(vault.set, { name: vault.name, federation })
  const bundle = await makeBundle({ federation, vault: guarded, root: owner.root })
  for (let tries = 1; ; tries++) {
    const { active, results } = await enrol(link, bundle, { signal })
    if (active.length === federation.members.length) return bundle
    if (tries >= MAX_ENROL_TRIES) {
      const reasons = results.flatMap((one) => (one.result === 'receipt' ? [] : [`member ${one.member}: ${one.message}`]))
      throw new Error(`${vault.name} is not active everywhere: ${reasons.join('; ')}`)
    }
    await sleep(ENROL_RETRY_MS, undefined, { signal })
  }
}
