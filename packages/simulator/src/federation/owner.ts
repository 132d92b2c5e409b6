/** The owner's client: enrols at every member, tries again, collects receipts, and publishes the bundle. */
import { type OwnerAnswer, enrolRequest, ownerAnswer } from '@belfry/protocol'
import { type MemberIndex, fromCbor, toCbor } from '@belfry/protocol/primitives'
import type { Random, World } from '../world/index.ts'
import type { Deal } from './dealer.ts'

export interface OwnerModules {
  readonly world: World
  readonly random: Random
  readonly members: readonly MemberIndex[]
  readonly request: (member: MemberIndex, request_id: number, bytes: Uint8Array) => void
}

interface Asked {
  readonly what: 'manifest' | 'bundle'
  readonly member: MemberIndex
}

const RETRY_MS = 15_000
const MAX_DELAY_MS = 500

export class Owner {
  readonly #modules: OwnerModules
  readonly deal: Deal
  /** A bundle is sent once this many members signed. */
  readonly #wanted: number
  readonly receipts = new Map<MemberIndex, Uint8Array>()
  /** Members that say that the manifest is active, or will be. */
  readonly active = new Set<MemberIndex>()
  readonly #asked = new Map<number, Asked>()
  #request_id: number
  #is_over = false

  /** `first_request` tells the requests of several clients apart. */
  constructor(options: { deal: Deal; wanted: number; first_request: number }, modules: OwnerModules) {
    this.deal = options.deal
    this.#wanted = options.wanted
    this.#request_id = options.first_request
    this.#modules = modules
  }

  /** Asks everybody who has not answered well, until there is nothing left to ask. */
  enrol(): void {
    if (this.#is_over) return
    for (const member of this.#modules.members) {
      if (!this.receipts.has(member)) this.#ask(member, 'manifest')
      else if (this.receipts.size >= this.#wanted && !this.active.has(member)) this.#ask(member, 'bundle')
    }
    if (this.active.size < this.#modules.members.length) this.#modules.world.after(RETRY_MS, () => this.enrol())
  }

  stop(): void {
    this.#is_over = true
  }

  onReply(member: MemberIndex, request_id: number, bytes: Uint8Array): void {
    const asked = this.#asked.get(request_id)
    if (asked === undefined || asked.member !== member) return
    this.#asked.delete(request_id)
    const answer: OwnerAnswer = fromCbor(ownerAnswer, bytes)
    if (answer.answer === 'receipt') {
      const before = this.receipts.size
      this.receipts.set(member, answer.frame)
      // No need to wait for the next round with the bundle.
      if (before < this.#wanted && this.receipts.size >= this.#wanted) this.#publish()
    } else if (answer.answer === 'state' && (answer.state === 'active' || answer.state === 'waiting')) {
      this.active.add(member)
    } else if (answer.answer === 'refused' && !answer.retryable && asked.what === 'manifest') {
      // The deposit is gone: nothing is left to enrol.
      if (answer.code === 'deposit-spent') this.stop()
    }
  }

  #publish(): void {
    for (const member of this.receipts.keys()) this.#ask(member, 'bundle')
  }

  #ask(member: MemberIndex, what: Asked['what']): void {
    const { deal, receipts } = this
    const bytes =
      what === 'bundle'
        ? toCbor(enrolRequest, { request: 'bundle', manifest_hash: deal.hash, receipts: [...receipts.values()] })
        : toCbor(enrolRequest, {
            request: 'manifest',
            manifest: deal.signed,
            envelopes: [...deal.envelopes],
            shares: [...(deal.sealedFor.get(member) ?? [])],
          })
    this.#request_id += 1
    const request_id = this.#request_id
    this.#asked.set(request_id, { what, member })
    const { world, random } = this.#modules
    world.after(random.int(1, MAX_DELAY_MS), () => this.#modules.request(member, request_id, bytes))
  }
}
