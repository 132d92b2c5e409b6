/**
 * A vault from nothing to guarded, by the functions behind `belfry vault plan|sign|verify|enrol`: its keys, its deposit, its
 * recovery set, and the receipts of the members.
 */
import {
  type EnrolmentBundle, type Federation, FederationLink, type SignedRecoverySet, type VaultPlan, createPlan, enrol, guardedVaultOf, makeBundle,
  multisigScript, requireDeposit, requireProtected, signRecoverySet, testAcceptance,
} from '@belfry/client'
import { type ActAt, type SignedTransaction, sats } from '@belfry/client/regtest'
import { CliError } from '../../errors.ts'
import type { Cluster } from '../cluster/index.ts'
import { DemoKeys } from './keys.ts'

/** 0.5 BTC: large enough for the whole default ladder. */
export const DEPOSIT_SATS = 50_000_000
/** Members whose bitcoind has not seen the deposit yet are asked again; on one machine blocks go round in moments. */
const ENROL_RETRIES = 6

export interface VaultInit {
  readonly name: string
  readonly act_at: ActAt
  /** Blocks that the hot key waits. Default 144. */
  readonly csv?: number
  readonly value?: number
  readonly keys?: DemoKeys
  /** Ladders to use instead of the default ones. */
  readonly rungs?: Partial<VaultPlan['rungs']>
  /** Clawbacks that fee coins join or pay for. Default none. */
  readonly fee_coins?: Partial<VaultPlan['fee_coins']>
  readonly signal?: AbortSignal | undefined
  /** The federation with the addresses at which the owner reaches it. Default: those of the lock. */
  readonly reachedAs?: Federation
}

/** What a vault's set-up needs of a cluster. */
export type Stage = Pick<Cluster, 'regtest' | 'federation' | 'owner'>

export interface EnrolledVault {
  readonly plan: VaultPlan
  readonly set: SignedRecoverySet
  readonly bundle: EnrolmentBundle
  readonly keys: DemoKeys
  /** What the hot device holds, and a thief may get. */
  readonly unvault: SignedTransaction
}

/** Active at every member when this resolves: so a node must be running for each. */
export async function setUpVault(cluster: Stage, init: VaultInit): Promise<EnrolledVault> {
  const keys = init.keys ?? new DemoKeys()
  const plan = await fundPlan(cluster, init, keys)
  const { cold } = plan
  const set = signRecoverySet(plan, cold.keys.slice(0, cold.threshold), keys.sign)
  await verify(cluster, plan, set)
  const bundle = await guard(cluster, init, set)
  const unvault = set.transactions.find(({ place }) => place.purpose === 'unvault')
  if (unvault === undefined) throw new RangeError('every recovery set has an unvault')
  return { plan, set, bundle, keys, unvault }
}

/** Pays the deposit from the purse, and plans on the output. */
async function fundPlan({ regtest }: Stage, { value = DEPOSIT_SATS, act_at, csv, rungs, fee_coins }: VaultInit, keys: DemoKeys): Promise<VaultPlan> {
  const { script } = multisigScript(keys.coldSet, 'regtest')
  const { outpoints: [outpoint] } = await regtest.purse.fund([{ script, value: sats(value) }])
  if (outpoint === undefined) throw new RangeError('the purse pays every output asked for')
  await regtest.waitForSameTip()
  const { plan } = createPlan({
    network: 'regtest',
    deposit: { outpoint, value: sats(value) },
    cold: keys.coldSet,
    hot: keys.hotKey,
    deep_cold: { kind: 'multi', ...keys.deepColdSet },
    act_at,
    ...(csv === undefined ? {} : { csv }),
    ...(rungs === undefined ? {} : { rungs }),
    ...(fee_coins === undefined ? {} : { fee_coins }),
  })
  return plan
}

/** Nothing of it is sent: bitcoind only says what it would take. */
async function verify({ regtest }: Stage, plan: VaultPlan, set: SignedRecoverySet): Promise<void> {
  const { bitcoind } = regtest.node(0)
  await requireDeposit(bitcoind, plan)
  const refused = (await testAcceptance(bitcoind, set)).find(({ answer }) => answer.kind !== 'accepted')
  if (refused === undefined) return
  throw new CliError('mempool-refuses', `bitcoind would not take ${refused.id}: ${refused.answer.kind}`, 'Report this: the set was just made.')
}

async function guard({ federation, owner }: Stage, { name, signal, reachedAs = federation }: VaultInit, set: SignedRecoverySet): Promise<EnrolmentBundle> {
  using vault = guardedVaultOf(set, { name, federation })
  const bundle = await makeBundle({ federation, vault, root: owner.root })
  const link = await FederationLink.open(reachedAs, owner.connect.identitySeed)
  try {
    const enrolled = await enrol(link, bundle, { retries: ENROL_RETRIES, ...(signal ? { signal } : {}) })
    requireProtected(enrolled, federation.thresholds.clawback.protected)
    if (enrolled.active.length === federation.members.length) return bundle
    const idle = enrolled.states.filter(({ state }) => state !== 'active').map(({ member }) => member)
    throw new CliError('not-active', `the vault is not active at member ${idle.join(', ')}`, 'Look into the logs of these members.')
  } finally {
    await link.close()
  }
}
