import { type Infer, s } from '@belfry/protocol/primitives'
import { MAX_ADDRESS_CHARS, scriptOfAddress } from '../scripts/address.ts'
import { withChecksum } from '../scripts/checksum.ts'
import { isPublicKey, MAX_KEYS, type PublicKey } from '../scripts/keys.ts'
import { MAX_CSV, type Network, NETWORKS } from '../scripts/network.ts'
import { multisigScript, unvaultScript, type WshScript } from '../scripts/wsh.ts'

/** As many as a manifest holds per ladder, and as many unvault variants; more only cost signatures. */
export const MAX_RUNGS = 8

const publicKey = s.textLike<PublicKey>(66, isPublicKey, 'a compressed secp256k1 public key in lower-case hex')
const keySet = { threshold: s.uint(MAX_KEYS, 1), keys: s.list(publicKey, MAX_KEYS, 1) }
const ladder = s.list(s.feerate, MAX_RUNGS, 1)

/** Where the dead man's transaction brings the coin, and after what silence. */
const deadMan = s.struct({
  heir: publicKey,
  /** Blocks that the deposit must have rested: the transaction's relative nSequence (BIP-68). */
  after: s.uint(MAX_CSV, 1),
  /** Blocks in which the cold keys can still take the coin back from staging, before the heir may spend it. */
  staging_csv: s.uint(MAX_CSV, 1),
})

/** What a plan says, apart from the file's own format, version and descriptors. */
export const planFields = {
  network: s.oneOf<Network>(...NETWORKS),
  /** How the coin is locked. */
  script_type: s.oneOf('p2wsh'),
  /** Which default ladders were asked for. */
  profile: s.oneOf('compact', 'standard', 'full'),
  /** Whether the cold keys stay with the owner, or sign this one set and are destroyed before the deposit is paid. */
  signing: s.oneOf('presigned', 'ephemeral'),
  deposit: s.struct({ outpoint: s.outpoint, value: s.sats }),
  /** They sign every transaction of the set, in advance. */
  cold: s.struct(keySet),
  /** Spends the unvault output after `csv` blocks. */
  hot: publicKey,
  /** Where clawback and emergency bring the coin. */
  deep_cold: s.variant('kind', {
    multi: s.struct(keySet),
    address: s.struct({ address: s.text(MAX_ADDRESS_CHARS, 1) }),
  }),
  /** Blocks between the unvault's confirmation and the first hot spend. */
  csv: s.uint(MAX_CSV, 1),
  /** sat/kvB, rising. Each unvault variant has a whole clawback ladder of its own; dead_man is empty without an heir. */
  rungs: s.struct({ unvault: ladder, clawback: ladder, emergency: ladder, dead_man: s.list(s.feerate, MAX_RUNGS) }),
  /** Further clawbacks of each unvault variant, for when the ladder is not enough: members pay with coins of their own. */
  fee_coins: s.struct({
    /** Signed ALL|ANYONECANPAY, so that a fee coin can join. */
    anyone_can_pay: s.bool,
    /** With an output that anybody can spend, so that a child can pay (BIP-433). */
    anchored: s.bool,
  }),
  /** The heir's way; without one the dead-man ladder is empty. */
  dead_man: s.nullable(deadMan),
  /** When members may act on theft: once the unvault has confirmed, or as soon as it is in the mempool. */
  act_at: s.oneOf('mempool', 'confirmation'),
  /** No clawback, emergency or dead-man rung costs more than this share of the deposit. */
  max_clawback_fee_percent: s.uint(50, 1),
} as const

const planSchema = s.struct(planFields)

/** Public: all that the recovery set is derived from. Made by `createPlan` or `parsePlan` only, which check it. */
export type VaultPlan = Infer<typeof planSchema>
export type Profile = VaultPlan['profile']
export type DeepCold = VaultPlan['deep_cold']
export type Ladders = VaultPlan['rungs']
export type ActAt = VaultPlan['act_at']
export type Signing = VaultPlan['signing']
export type FeeCoins = VaultPlan['fee_coins']
export type DeadMan = NonNullable<VaultPlan['dead_man']>

/** Where clawback and emergency pay to. */
export interface Destination {
  readonly descriptor: string
  readonly script: Uint8Array
  readonly address: string
}

export interface VaultScripts {
  readonly deposit: WshScript
  readonly unvault: WshScript
  readonly deep_cold: Destination
  /** `wsh(andor(pk(heir),older(staging_csv),multi(cold)))`; null where the plan names no heir. */
  readonly staging: WshScript | null
}

/**
 * All scripts of a vault, derived from its keys alone.
 * @throws VaultError `script-not-sane` or `address-invalid` (never for a checked plan)
 */
export function scriptsOf(
  plan: Pick<VaultPlan, 'network' | 'cold' | 'hot' | 'csv' | 'deep_cold' | 'dead_man'>,
): VaultScripts {
  const { network, cold, hot, csv, dead_man } = plan
  return {
    deposit: multisigScript(cold, network),
    unvault: unvaultScript(hot, csv, cold, network),
    deep_cold: destinationOf(plan.deep_cold, network),
    // The same shape as the unvault: one key after a wait, the cold keys at any time.
    staging: dead_man && unvaultScript(dead_man.heir, dead_man.staging_csv, cold, network),
  }
}

function destinationOf(deepCold: DeepCold, network: Network): Destination {
  if (deepCold.kind === 'multi') {
    const { descriptor, script, address } = multisigScript(deepCold, network)
    return { descriptor, script, address }
  }
  const { address } = deepCold
  // Before the checksum, which only descriptors have: an address may hold any text until it is decoded.
  const script = scriptOfAddress(address, network)
  return { descriptor: withChecksum(`addr(${address})`), script, address }
}
