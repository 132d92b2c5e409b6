/**
 * Members of a federation in one process: real cores, keys and custody, but neither network, disk nor bitcoind. What a core
 * asks for is done at once and in order. For tests of what several cores do together; the simulator is for what can go wrong.
 */
import { ShareKeeper } from '../../packages/node/src/custody/share-keeper.ts'
import { TransactionKeeper } from '../../packages/node/src/custody/transaction-keeper.ts'
import {
  type ChainEvent,
  type DurableEffect,
  type Federation,
  type ImmediateEffect,
  type Input,
  type OwnerAnswer,
  type OwnerKind,
  type State,
  type Tell,
  createCore,
  ownerAnswer,
  proofAnswers,
} from '../../packages/protocol/src/index.ts'
import { type Hash32, type MemberIndex, type Millis, type Txid, fromCbor, fromHex, toCbor } from '../../packages/protocol/src/primitives/index.ts'
import { type TestFederation, verifier } from './federation.ts'

type Work = () => void | Promise<void>
type Outcome = Extract<Input, { kind: 'outcome' }>['outcome']
/** Input without its time. */
type Happening = { [K in Input['kind']]: Omit<Extract<Input, { kind: K }>, 'at_ms'> }[Input['kind']]

export interface Broadcast {
  readonly member: MemberIndex
  readonly txid: Txid
  readonly raw: Uint8Array
  readonly parent: Uint8Array | null
}

export class TestMembers {
  readonly federation: Federation
  readonly broadcasts: Broadcast[] = []
  /** What every member's bitcoind says of a coin that is to be paid in later. */
  depositSeen: 'nothing' | 'deposit' | 'other' = 'nothing'
  readonly tells: (Tell & { by: MemberIndex })[] = []
  readonly verdicts: { by: MemberIndex; peer: MemberIndex; code: string; kind: string }[] = []
  /** Members that are down: nothing reaches them and they do nothing. */
  readonly down = new Set<MemberIndex>()
  now_ms = 1_700_000_000_000
  readonly #members = new Map<MemberIndex, { core: ReturnType<typeof createCore>; state: State; shares: ShareKeeper; transactions: TransactionKeeper; log: Uint8Array[] }>()
  readonly #queue: Work[] = []
  readonly #spoilers = new Set<MemberIndex>()
  readonly #answers = new Map<number, (answer: OwnerAnswer) => void>()
  readonly #owner_peer_id: string
  #request_id = 0

  constructor({ federation, keys, owner }: TestFederation, owner_peer_id: string) {
    this.federation = federation
    this.#owner_peer_id = owner_peer_id
    for (const { index: self } of federation.members) {
      const mine = keys.find(({ nodePublicKey }) => nodePublicKey === federation.memberOf(self).node_key)
      if (!mine) throw new Error('keys for every member')
      const owners = [{ peer_id: owner_peer_id, root: owner.root.publicKey }]
      const core = createCore({ federation, self, owners, software: 'test' }, { ...verifier, sign: (bytes) => mine.sign(bytes) })
      const shares = new ShareKeeper({ federation, self }, { keys: mine })
      this.#members.set(self, { core, state: core.restore(null), shares, transactions: new TransactionKeeper({ shares }), log: [] })
    }
  }

  state(member: number): State {
    return this.#one(member as MemberIndex).state
  }

  /** What a member holds in locked memory. */
  custodyOf(member: number): { readonly shares: number; readonly transactions: number } {
    const { shares, transactions } = this.#one(member as MemberIndex)
    return { shares: shares.count, transactions: transactions.count }
  }

  /** A member's durable state as canonical bytes: as it is, and as its log alone restores it. */
  durableBytes(member: number): { live: Uint8Array; restored: Uint8Array } {
    const { core, state, log } = this.#one(member as MemberIndex)
    const restored = core.durableOf(core.restore(null))
    for (const bytes of log) core.apply(restored, fromCbor(core.record, bytes))
    // Once more through the snapshot, which has to hold the same.
    const reloaded = fromCbor(core.snapshot, toCbor(core.snapshot, restored))
    return { live: toCbor(core.snapshot, state.durable), restored: toCbor(core.snapshot, reloaded) }
  }

  /** From now on this member releases shares that do not open. */
  spoilSharesOf(member: MemberIndex): void {
    this.#spoilers.add(member)
  }

  async start(): Promise<void> {
    for (const member of this.#members.keys()) this.step(member, { kind: 'start' })
    for (const member of this.#members.keys()) {
      for (const other of this.#members.keys()) if (other !== member) this.step(member, { kind: 'peer', member: other, connected: true })
    }
    await this.settle()
  }

  /** One chain event at some members (default: all that are up), in order. */
  async chain(event: ChainEvent, at: readonly number[] = [...this.#members.keys()]): Promise<void> {
    for (const member of at) this.step(member as MemberIndex, { kind: 'chain', event })
    await this.settle()
  }

  async pass(ms: number): Promise<void> {
    this.now_ms += ms
    for (const member of this.#members.keys()) this.step(member, { kind: 'tick' })
    await this.settle()
  }

  async request(member: MemberIndex, protocol: OwnerKind, bytes: Uint8Array): Promise<OwnerAnswer> {
    const request_id = ++this.#request_id
    const answered = new Promise<OwnerAnswer>((resolve) => this.#answers.set(request_id, resolve))
    this.step(member, { kind: 'request', request_id, peer_id: this.#owner_peer_id, protocol, bytes })
    await Promise.resolve()
    await this.settle()
    return await answered
  }

  /** Something happens after the member took the request, and before what the request asked for is done. */
  async requestAndMeanwhile(member: MemberIndex, protocol: OwnerKind, bytes: Uint8Array, meanwhile: Happening): Promise<OwnerAnswer> {
    const answer = this.request(member, protocol, bytes)
    this.step(member, meanwhile)
    return await answer
  }

  step(member: MemberIndex, happening: Happening): void {
    if (this.down.has(member)) return
    const one = this.#one(member)
    const output = one.core.step(one.state, { ...happening, at_ms: this.now_ms as Millis })
    for (const entry of output.records) one.log.push(toCbor(one.core.record, entry))
    for (const effect of output.immediate) this.#queue.push(() => this.#immediate(member, effect))
    for (const effect of output.afterDurable) this.#queue.push(() => this.#durable(member, effect))
  }

  /** Until nothing is left to do. Bounded: a storm of messages is a bug. */
  async settle(): Promise<void> {
    for (let done = 0; this.#queue.length > 0; done++) {
      if (done > 100_000) throw new Error('the members never come to rest')
      await this.#queue.shift()?.()
    }
  }

  #one(member: MemberIndex) {
    const one = this.#members.get(member)
    if (!one) throw new Error(`no member ${member}`)
    return one
  }

  #outcome(member: MemberIndex, outcome: Outcome): void {
    this.step(member, { kind: 'outcome', outcome })
  }

  async #immediate(member: MemberIndex, effect: ImmediateEffect): Promise<void> {
    if (this.down.has(member)) return
    const { shares, transactions } = this.#one(member)
    switch (effect.effect) {
      case 'tell':
        this.tells.push({ ...effect.tell, by: member })
        return
      case 'verdict':
        this.verdicts.push({ by: member, peer: effect.peer, code: effect.code, kind: effect.kind })
        return
      case 'verify-enrolment':
        this.#outcome(member, { of: 'verify-enrolment', manifest_hash: effect.manifest_hash, check: shares.check(effect), earlier_enrol: null })
        return
      case 'seal-share': {
        const { incident_id, manifest_hash, envelope_id, to } = effect
        const sealed = shares.sealTo(effect)
        if (sealed && this.#spoilers.has(member)) sealed[40] = (sealed[40] ?? 0) ^ 1
        this.#outcome(member, { of: 'seal-share', incident_id, manifest_hash, envelope_id, to, sealed })
        return
      }
      case 'open-share': {
        const { incident_id, envelope_id, from } = effect
        this.#outcome(member, { of: 'open-share', incident_id, envelope_id, from, result: shares.open(effect) })
        return
      }
      case 'rebuild': {
        const { incident_id, envelope_id } = effect
        this.#outcome(member, { of: 'rebuild', incident_id, envelope_id, result: await transactions.rebuild(effect) })
        return
      }
      case 'check-shares': {
        const { vault_id, command_hash } = effect
        this.#outcome(member, { of: 'check-shares', vault_id, command_hash, ...shares.countGood(effect) })
        return
      }
      case 'test-sighting':
        this.#outcome(member, { of: 'test-sighting', incident_id: effect.incident_id, member: effect.member, sighted: null })
        return
      case 'read-headers':
        this.#outcome(member, { of: 'read-headers', to: effect.to, headers: [] })
        return
      case 'submit-headers':
        this.#outcome(member, { of: 'submit-headers', member: effect.member, result: 'unreachable', tip: null, base: null })
        return
      case 'prove-block':
        this.#outcome(member, { of: 'prove-block', block: effect.block, answers: this.#proofs(effect) })
        return
      case 'look-at-deposit':
        this.#outcome(member, { of: 'look-at-deposit', vault_id: effect.vault_id, seen: this.depositSeen })
        return
      case 'forget':
        for (const envelope_id of effect.envelopes) {
          shares.forget(envelope_id)
          transactions.forget(envelope_id)
        }
        return
      case 'watch':
    }
  }

  /** There are no blocks here: the hash stands for the bytes. */
  #proofs({ block, members }: Extract<ImmediateEffect, { effect: 'prove-block' }>): Hash32[] {
    return proofAnswers(verifier, { lock_hash: this.federation.lock_hash, block: block.hash }, members, fromHex(block.hash))
  }

  #durable(member: MemberIndex, effect: DurableEffect): void {
    if (this.down.has(member)) return
    switch (effect.effect) {
      case 'gossip':
        for (const other of this.#members.keys()) {
          if (other !== member) this.step(other, { kind: 'frame', peer: member, channel: 'gossip', bytes: effect.bytes, token: null })
        }
        return
      case 'send':
        this.step(effect.to, { kind: 'frame', peer: member, channel: 'stream', bytes: effect.bytes, token: null })
        return
      case 'reply':
        this.#answers.get(effect.request_id)?.(fromCbor(ownerAnswer, effect.bytes))
        return
      case 'bump':
      case 'unwatch':
        return
      case 'broadcast': {
        const { incident_id, envelope_id, txid, parent } = effect
        const raw = this.#one(member).transactions.get(envelope_id)?.use((bytes) => new Uint8Array(bytes))
        if (raw) this.broadcasts.push({ member, txid, raw, parent })
        this.#outcome(member, { of: 'broadcast', incident_id, envelope_id, txid, answer: raw ? 'accepted' : 'unreachable' })
      }
    }
  }
}
