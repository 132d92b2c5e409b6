/** The vaults, transactions and names that anything may happen with. */
import { type Order, type SpendTx, taggedHash } from '../../../src/index.ts'
import { type EnvelopeId, type Hash32, type Feerate, type IncidentId, type MemberIndex, type Outpoint, toHex } from '../../../src/primitives/index.ts'
import { drill } from '../commands.ts'
import { type TestVault, anchoredTx, clawbackTx, completedA, hasher, hexOf, settingOf, transactionOf, vaultOf } from '../setting.ts'

export const setting = settingOf(5)
export const first = vaultOf(setting, { variants: 2, rates: [2, 50], means: ['anyone-can-pay', 'anchored'], change: (one) => ({ ...one, csv: 24 }) })
export const second = vaultOf(setting, {
  generation: 2,
  previous: first.hash,
  variants: 2,
  rates: [5],
  change: (one) => ({ ...one, act_at: 'mempool', csv: 20 }),
})
export const other = vaultOf(setting, { label: 'other', rates: [2] })
export const VAULTS = [first, second, other]
export const TXS: readonly SpendTx[] = [
  first.unvault,
  transactionOf('vault/unvault/1'),
  clawbackTx(2),
  clawbackTx(5),
  transactionOf('vault/emergency/250'),
  anchoredTx(),
  completedA('a coin', 70_000),
  transactionOf('thief'),
  transactionOf('hot spend'),
  other.unvault,
]
export const OUTPOINTS: readonly Outpoint[] = [
  first.deposit,
  first.unvaulted,
  other.deposit,
  other.unvaulted,
  ...outpointsOf(first),
]
export const INCIDENTS: readonly IncidentId[] = [
  first.theft,
  first.cold_theft,
  other.theft,
  other.cold_theft,
  hexOf('none') as IncidentId,
]
export const ENVELOPES: readonly EnvelopeId[] = [...first.ids, ...second.ids, ...other.ids, hexOf('none') as EnvelopeId]
/** Orders that an owner key, or a thief of it, may give at any height. */
export const ORDERS: readonly Order[] = [
  { order: 'panic' },
  { order: 'revoke' },
  { order: 'destroy' },
  { order: 'cancel-generation', manifest_hash: second.hash },
  ...[1, 2, 4].map((level) => drill(level)),
  drill(3, { trial: { tried: 2, accepted: 1, mempool_floor: 1_000 as Feerate, estimate: null } }),
  drill(5, { held_back: [1, 3] as MemberIndex[] }),
]
/** Any sealed share. */
export const sealed = new Uint8Array(81).fill(3)
export const sealed_hash = toHex(taggedHash(hasher, 'sealed', sealed)) as Hash32

function outpointsOf({ manifest }: TestVault): Outpoint[] {
  return manifest.unvaults.map(({ txid }) => `${txid}:0` as Outpoint)
}
