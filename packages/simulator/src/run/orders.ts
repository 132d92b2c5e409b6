/** The owner's orders during a run, each given to a few members. */
import { ANCHOR_DEPTH, type Order, type SignedManifest, commandDigest, commandRequest, encodeCommand, enrolRequest as enrolRequestSchema } from '@belfry/protocol'
import { type BlockHash, type Feerate, type Height, type LockHash, type ManifestHash, type MemberIndex, type VaultId, toCbor } from '@belfry/protocol/primitives'
import type { Hasher } from '@belfry/protocol'
import type { BitcoinNetwork } from '../chain/index.ts'
import type { KeyPair } from '../crypto/index.ts'
import type { SimMember } from '../member/index.ts'
import type { Random, World } from '../world/index.ts'
import type { Swarm } from './swarm.ts'

export interface OrdersModules {
  readonly world: World
  readonly random: Random
  readonly bitcoin: BitcoinNetwork
  readonly hasher: Hasher
  readonly owner: KeyPair
  readonly members: ReadonlyMap<MemberIndex, SimMember>
  readonly lock_hash: LockHash
  readonly vault_id: VaultId
  /** Of a block that the member asked for an anchor does not know. */
  readonly unseen: (height: Height) => BlockHash
  /** Of the generation that is to follow; null until it is dealt. */
  readonly nextManifest: () => ManifestHash | null
  readonly signedManifests: () => readonly { readonly hash: ManifestHash; readonly signatures: SignedManifest['signatures'] }[]
  readonly enrolRequest: (member: SimMember, request_id: number, bytes: Uint8Array) => void
  readonly request: (member: SimMember, request_id: number, bytes: Uint8Array) => void
  readonly say: (what: string) => void
}

/** No client's requests have such numbers. */
const FIRST_REQUEST = 500_000_000
/** Others behind the owner by this many blocks still take it at once. */
const SLACK = 2
const MOST_MEMBERS_TOLD = 3
const MISUSE_MS = 5_000
export class Orders {
  readonly #swarm: Swarm
  readonly #modules: OrdersModules
  #given = 0
  /** Given once in a run. */
  readonly #once = new Set<Order['order']>()

  constructor(swarm: Swarm, modules: OrdersModules) {
    this.#swarm = swarm
    this.#modules = modules
  }

  begin(): void {
    const { drills, panics, revocations, cancellations, destructions } = this.#swarm
    if (drills || panics || revocations || cancellations || destructions) this.#later()
    if (this.#swarm['stolen-sessions']) this.#misuse()
  }

  #later(): void {
    const { world, random } = this.#modules
    world.after(random.int(5_000, 90_000), () => {
      const what = this.#modules.members.size === 0 ? null : this.#draw()
      if (what !== null) this.#give(what)
      this.#later()
    })
  }

  /** A withdrawal under the signature that the manifest itself bears. */
  #misuse(): void {
    const { world, random, members, signedManifests, enrolRequest } = this.#modules
    world.after(random.exponential(MISUSE_MS), () => {
      for (const { hash, signatures } of members.size === 0 ? [] : signedManifests()) {
        const bytes = toCbor(enrolRequestSchema, { request: 'withdraw', manifest_hash: hash, signatures: [...signatures] })
        enrolRequest(random.pick([...members.values()]), FIRST_REQUEST + this.#given++, bytes)
      }
      this.#misuse()
    })
  }

  #draw(): Order | null {
    const { random, members, nextManifest } = this.#modules
    const { drills, panics, revocations, cancellations, destructions } = this.#swarm
    if (panics && this.#isTime('panic')) return { order: 'panic' }
    if (revocations && this.#isTime('revoke')) return { order: 'revoke' }
    // Members refuse it until the coin has left long ago.
    if (destructions && random.chance(0.3)) return { order: 'destroy' }
    const manifest_hash = nextManifest()
    if (cancellations && manifest_hash !== null && this.#isTime('cancel-generation')) return { order: 'cancel-generation', manifest_hash }
    if (!drills) return null
    const level = random.pick([1, 2, 2, 3, 4, 4, 4, 5, 5])
    const held_back = level === 5 ? random.sample([...members.keys()], random.int(1, 2)) : []
    const tried = random.int(1, 20)
    const trial = level === 3 ? { tried, accepted: random.chance(0.8) ? tried : 0, mempool_floor: 1_000 as Feerate, estimate: null } : null
    return { order: 'drill', level, held_back, trial }
  }

  #isTime(order: Order['order']): boolean {
    if (this.#once.has(order) || !this.#modules.random.chance(0.3)) return false
    this.#once.add(order)
    return true
  }

  #give(what: Order): void {
    const { random, members, hasher, owner, lock_hash, vault_id, request, say } = this.#modules
    const anchor = this.#anchor()
    const bytes = encodeCommand({ format: 'belfry-command', version: 1, lock_hash, vault_id, nonce: random.bytes(16), anchor, what })
    const signature = owner.sign(commandDigest(hasher, bytes))
    const encoded = toCbor(commandRequest, { signed: { bytes, signatures: [{ key: owner.public, signature }] } })
    const told = random.sample([...members.values()], random.int(1, Math.min(MOST_MEMBERS_TOLD, members.size)))
    say(`the owner orders a ${what.order}${what.order === 'drill' ? ` of level ${what.level}` : ''}`)
    for (const member of told) request(member, FIRST_REQUEST + this.#given++, encoded)
  }

  /** Deep enough at most members, as one of them tells it. */
  #anchor(): { height: Height; hash: BlockHash } {
    const { bitcoin, members, random, unseen } = this.#modules
    const height = (bitcoin.tip.ref.height - ANCHOR_DEPTH - SLACK) as Height
    const { state } = random.pick([...members.values()])
    const hash = state?.durable.recent.find((block) => block.height === height)?.hash ?? unseen(height)
    return { height, hash }
  }
}
