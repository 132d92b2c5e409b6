import {
  type BodyOf,
  type Federation,
  type Frame,
  type Hasher,
  MESSAGE_VERSION,
  type MemberKind,
  encodeBody,
  encodeFrame,
  signFrame,
} from '@belfry/protocol'
import type { MemberIndex, Millis } from '@belfry/protocol/primitives'
import type { BitcoinNetwork } from '../chain/index.ts'
import type { SimMember } from '../member/index.ts'
import type { SimNetwork } from '../network/index.ts'
import type { Vaults } from '../shell/index.ts'
import type { Random, World } from '../world/index.ts'

export interface ToolModules {
  readonly world: World
  readonly member: SimMember
  readonly federation: Federation
  readonly network: SimNetwork
  readonly vaults: Vaults
  readonly bitcoin: BitcoinNetwork
  readonly random: Random
  readonly hasher: Hasher
}

/** Captured frames, kept to be sent again. */
const MAX_CAPTURED = 256
/** Far above the numbers that the program beside it uses. */
const FIRST_SEQ = 1_000_000

/** With what a corrupted member makes trouble: its own key, the network, and whatever it has seen. */
export class Tools {
  readonly member: SimMember
  readonly federation: Federation
  readonly vaults: Vaults
  readonly bitcoin: BitcoinNetwork
  readonly random: Random
  readonly hasher: Hasher
  readonly captured: Uint8Array[] = []
  /** So far. */
  floods = 0
  urgent_floods = 0
  readonly #world: World
  readonly #network: SimNetwork
  #seq = FIRST_SEQ

  constructor({ world, member, federation, network, vaults, bitcoin, random, hasher }: ToolModules) {
    this.#world = world
    this.member = member
    this.federation = federation
    this.vaults = vaults
    this.bitcoin = bitcoin
    this.random = random
    this.hasher = hasher
    this.#network = network
  }

  get others(): MemberIndex[] {
    return this.federation.members.map(({ index }) => index).filter((index) => index !== this.member.index)
  }

  get tip(): number {
    return this.member.state?.durable.position?.height ?? 0
  }

  capture(bytes: Uint8Array): void {
    if (this.captured.length < MAX_CAPTURED) this.captured.push(bytes)
    else this.captured[this.random.int(0, MAX_CAPTURED - 1)] = bytes
  }

  gossip(bytes: Uint8Array): void {
    this.#network.publish(this.member.index, bytes)
  }

  send(to: MemberIndex, bytes: Uint8Array): void {
    this.#network.send(this.member.index, to, bytes)
  }

  after(delay_ms: number, act: () => void): void {
    this.#world.after(delay_ms, act)
  }

  nextSeq(): number {
    this.#seq += 1
    return this.#seq
  }

  sign<K extends MemberKind>(kind: K, body: BodyOf<K>, over: { seq?: number; attachment?: Uint8Array } = {}): Uint8Array {
    const { federation, member } = this
    const frame: Frame = signFrame(
      member.ports,
      federation.lock_hash,
      {
        version: MESSAGE_VERSION,
        lock_prefix: federation.lock_prefix,
        epoch: federation.epoch,
        kind,
        from: member.index,
        peer_id: federation.memberOf(member.index).peer_id,
        boot: member.state?.durable.boot ?? 0,
        seq: over.seq ?? this.nextSeq(),
        sent_at: (member.now() ?? 0) as Millis,
        body: encodeBody(kind, body),
      },
      over.attachment ?? null,
    )
    return encodeFrame(frame)
  }
}
