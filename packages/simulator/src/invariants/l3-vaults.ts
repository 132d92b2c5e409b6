/**
 * Alerts about vaults, asked at each block that a member is told of, of the vaults whose manifests it has armed and whose coin has not left
 * by what its bitcoind told it:
 * - a vault of which no manifest is held by as many members as make it protected, PROTECTED_WITHIN_BLOCKS (and one) after the first was
 *   armed here, is told to be unprotected. Held by: all that armed it, and all whose word cannot be known.
 * - a vault whose weakest ladder, of all that is armed here, pays less than bitcoind last said that the market asks, at STEADY_BLOCKS in a
 *   row in one life, is told to be under the market.
 * Nothing is asked of a vault of which a manifest was withdrawn or cancelled.
 */
import type { Input, Manifest, Output } from '@belfry/protocol'
import type { ManifestHash, MemberIndex, VaultId } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant, Watcher } from './invariant.ts'

const PROTECTED_WITHIN_BLOCKS = 6
const STEADY_BLOCKS = 3

interface Armed {
  readonly hash: ManifestHash
  readonly vault_id: VaultId
  readonly manifest: Manifest
  /** Null before a first block was told. */
  height: number | null
}

export const L3_VAULTS: Invariant = {
  name: 'L3',
  sentence: 'each of these raises its alert: vault below protected, its ladder under the market',
  watch: (context) => new VaultWatcher(context),
}

class VaultWatcher implements Watcher {
  readonly #context: Context
  readonly #holders = new Map<ManifestHash, Set<MemberIndex>>()
  readonly #armed = new Map<MemberIndex, Map<ManifestHash, Armed>>()
  readonly #height = new Map<MemberIndex, number>()
  /** Blocks in a row, by member and vault. */
  readonly #under = new Map<string, number>()

  constructor(context: Context) {
    this.#context = context
  }

  onStarted: NonNullable<Watcher['onStarted']> = ({ index }, { vaults, position }) => {
    const held = [...vaults].flatMap(([vault_id, { manifests }]) =>
      manifests.map(({ hash, manifest, armed_height }) => [hash, { hash, vault_id, manifest, height: armed_height }] as const),
    )
    this.#armed.set(index, new Map(held))
    if (position === null) this.#height.delete(index)
    else this.#height.set(index, position.height)
    for (const key of this.#under.keys()) if (key.startsWith(`${index}/`)) this.#under.delete(key)
  }

  onStep(member: SimMember, input: Input, { records }: Output): void {
    const { index } = member
    for (const record of records) if (record.record === 'manifest-armed') this.#arm(index, record.hash)
    if (input.kind !== 'chain') return
    const { event } = input
    if (event.event === 'block-disconnected') this.#height.set(index, event.block.height - 1)
    if (event.event !== 'block-connected' || event.block.height <= (this.#height.get(index) ?? 0)) return
    this.#height.set(index, event.block.height)
    if (!member.is_honest || member.state === null) return
    const armed = [...(this.#armed.get(index)?.values() ?? [])]
    for (const one of armed) one.height ??= event.block.height
    for (const [vault_id, ofVault] of Map.groupBy(armed, (one) => one.vault_id)) this.#judge(member, vault_id, ofVault)
  }

  #arm(index: MemberIndex, hash: ManifestHash): void {
    const manifest = this.#context.vaults.deals.find((deal) => deal.hash === hash)?.manifest
    if (manifest === undefined) return
    this.#holders.set(hash, (this.#holders.get(hash) ?? new Set()).add(index))
    const mine = this.#armed.get(index) ?? new Map<ManifestHash, Armed>()
    this.#armed.set(index, mine.set(hash, { hash, vault_id: manifest.vault_id, manifest, height: this.#height.get(index) ?? null }))
  }

  #judge(member: SimMember, vault_id: VaultId, armed: readonly Armed[]): void {
    const vault = member.state?.durable.vaults.get(vault_id)
    const isTakenBack = vault === undefined || vault.manifests.some(({ withdrawn, cancelled }) => withdrawn || cancelled)
    const key = `${member.index}/${vault_id}`
    if (isTakenBack || this.#hasLeft(member.index, armed)) {
      this.#under.delete(key)
      return
    }
    if (this.#isShort(member.index, armed)) this.#demand(member, vault_id, 'protection', 'vault-unprotected')
    const under = this.#isUnder(member.index, armed)
    if (under === null) return
    this.#under.set(key, under ? (this.#under.get(key) ?? 0) + 1 : 0)
    if ((this.#under.get(key) ?? 0) >= STEADY_BLOCKS) this.#demand(member, vault_id, 'ladder', 'ladder-under-market')
  }

  #hasLeft(index: MemberIndex, armed: readonly Armed[]): boolean {
    const spentBy = (outpoint: Manifest['deposit']['outpoint']) => this.#context.told.spendOf(index, outpoint).confirmed?.tx.txid
    return armed.some(({ manifest: { deposit } }) => {
      const spender = spentBy(deposit.outpoint)
      if (spender === undefined) return false
      const unvault = this.#context.vaults.deals.flatMap(({ unvaults }) => unvaults).find(({ txid }) => txid === spender)
      return unvault === undefined || spentBy(unvault.output) !== undefined
    })
  }

  #isShort(index: MemberIndex, armed: readonly Armed[]): boolean {
    const { members, federation, mayContradict } = this.#context
    const first = Math.min(...armed.map(({ height }) => height ?? Infinity))
    if ((this.#height.get(index) ?? 0) <= first + PROTECTED_WITHIN_BLOCKS) return false
    const unknown = [...members.values()].filter((member) => !member.is_honest || mayContradict(member.index)).map((member) => member.index)
    const { protected: needed } = federation.thresholds.clawback
    return armed.every(({ hash }) => new Set([...(this.#holders.get(hash) ?? []), ...unknown]).size < needed)
  }

  /** Null where bitcoind said nothing of it. */
  #isUnder(index: MemberIndex, armed: readonly Armed[]): boolean | null {
    const health = this.#context.told.healthOf(index)
    if (health?.state !== 'ok') return null
    const pays = Math.min(...armed.map(({ manifest }) => weakestOf(manifest)))
    const asked = health.estimate === null ? health.mempool_floor : Math.max(health.estimate, health.mempool_floor)
    return pays < asked
  }

  #demand({ index }: SimMember, vault_id: VaultId, family: 'protection' | 'ladder', alert: 'vault-unprotected' | 'ladder-under-market'): void {
    this.#context.due(alert)
    const told = this.#context.alerts.last(index, family, vault_id)
    if (told !== alert) this.#context.fail(`${alert} is due, and told was ${told}`, index)
  }
}

/** What the top rung pays of the U that a thief would choose. */
function weakestOf({ unvaults, act_at }: Manifest): number {
  return Math.min(
    ...unvaults.map(({ clawback, vsize, fee }) => {
      const top = clawback.at(-1)
      if (top === undefined) return Infinity
      const together = Math.floor((Number(fee + top.fee) * 1_000) / (vsize + top.vsize))
      return act_at === 'mempool' ? Math.min(together, top.feerate) : top.feerate
    }),
  )
}
