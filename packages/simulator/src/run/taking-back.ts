/** An owner who takes the next generation back just when members are about to activate it: some have done so by then, others not. */
import { ANCHOR_DEPTH, commandDigest, commandRequest, encodeCommand, enrolRequest, enoughToLetBe, taggedHash } from '@belfry/protocol'
import { type BlockHash, type Height, type MemberIndex, toCbor } from '@belfry/protocol/primitives'
import type { Deal } from '../federation/index.ts'
import type { SimMember } from '../member/index.ts'
import type { Random } from '../world/index.ts'
import type { OrdersModules } from './orders.ts'
import type { Swarm } from './swarm.ts'

export interface TakingBackModules extends Pick<OrdersModules, 'world' | 'bitcoin' | 'hasher' | 'owner' | 'members' | 'lock_hash' | 'request' | 'enrolRequest' | 'say'> {
  readonly random: Random
  /** The generation that is to follow; null until it is dealt. */
  readonly next: () => Deal | null
}

/** No client's requests have such numbers, nor other orders. */
const FIRST_REQUEST = 700_000_000
const POLL_MS = 2_000
const SPREAD_MS = 60_000
/** Of whom one or two take it in time, and others too late. */
const MOST_TOLD = 4
const MOST_TIMES = 2

export class TakingBack {
  readonly #modules: TakingBackModules
  #given = 0
  #times = 0

  constructor(modules: TakingBackModules) {
    this.#modules = modules
  }

  begin(swarm: Swarm): void {
    if (swarm['late-cancels']) this.#watch()
  }

  #watch(): void {
    const { world, next, members } = this.#modules
    world.after(POLL_MS, () => {
      const deal = next()
      if (deal !== null && [...members.values()].some((member) => isAboutTo(member, deal))) {
        this.#times += 1
        this.#takeBack(deal)
      }
      if (this.#times < MOST_TIMES) this.#watch()
    })
  }

  #takeBack(deal: Deal): void {
    const { world, random, members, say } = this.#modules
    const isWithdrawal = random.chance(0.4)
    const bytes = isWithdrawal ? this.#withdrawal(deal) : this.#cancel(deal)
    say(`the owner ${isWithdrawal ? 'withdraws' : 'cancels'} the next generation`)
    for (const member of random.sample([...members.values()], random.int(1, Math.min(MOST_TOLD, members.size)))) {
      const { request, enrolRequest: enrol } = this.#modules
      const give = isWithdrawal ? enrol : request
      world.after(random.int(1, SPREAD_MS), () => give(member, FIRST_REQUEST + this.#given++, bytes))
    }
  }

  #withdrawal({ hash, signed }: Deal): Uint8Array {
    const { hasher, owner } = this.#modules
    const signature = owner.sign(taggedHash(hasher, 'withdraw', signed.bytes))
    return toCbor(enrolRequest, { request: 'withdraw', manifest_hash: hash, signatures: [{ key: owner.public, signature }] })
  }

  #cancel({ hash, manifest: { vault_id } }: Deal): Uint8Array {
    const { hasher, owner, lock_hash, random } = this.#modules
    const what = { order: 'cancel-generation', manifest_hash: hash } as const
    const bytes = encodeCommand({ format: 'belfry-command', version: 1, lock_hash, vault_id, nonce: random.bytes(16), anchor: this.#anchor(), what })
    return toCbor(commandRequest, { signed: { bytes, signatures: [{ key: owner.public, signature: owner.sign(commandDigest(hasher, bytes)) }] } })
  }

  #anchor(): { height: Height; hash: BlockHash } {
    const { bitcoin, members, random } = this.#modules
    const height = (bitcoin.tip.ref.height - ANCHOR_DEPTH - 2) as Height
    const { state } = random.pick([...members.values()])
    return { height, hash: state?.durable.recent.find((block) => block.height === height)?.hash ?? ('00'.repeat(32) as BlockHash) }
  }
}

/** Its delay ends with the next block, or has. */
function isAboutTo({ state }: SimMember, { hash, manifest }: Deal): boolean {
  const held = state?.durable.vaults.get(manifest.vault_id)?.manifests.find((one) => one.hash === hash)
  if (!held || held.bundle_height === null) return false
  return (state?.durable.position?.height ?? 0) >= held.bundle_height + manifest.activation_delay - 1
}

/** Blocks after a core was healed by which it has come to one end: its words spread, and whoever may let it be has done so. */
export function timeToAgree({ activation_delay }: Deal['plan']): number {
  return 8 + 2 * activation_delay
}

/** A member of the core at which the generation fell, though enough others hold it active, or should not: null where all agree. */
export function disagreement(core: readonly SimMember[], { hash, manifest }: Deal, setting: { readonly n: number; readonly b: number }): MemberIndex | null {
  const states = core.flatMap(({ index, state }) => {
    const held = state?.durable.vaults.get(manifest.vault_id)?.manifests.find((one) => one.hash === hash)
    return held ? [{ index, tip: state?.durable.position?.height ?? 0, held }] : []
  })
  const active = states.filter(({ held, tip }) => held.activated_height !== null && tip >= held.activated_height + manifest.activation_delay + 3)
  const fallen = states.filter(({ held }) => held.activated_height === null && (held.cancelled || held.withdrawn))
  const [first] = fallen
  const isDecided = active.length >= enoughToLetBe(setting) || fallen.length > setting.b
  return first !== undefined && active.length > 0 && isDecided ? first.index : null
}
