/** One core in a test's hands: what the world tells it, what it asks for, and what its log alone makes of it. */
import assert from 'node:assert/strict'
import {
  NO_DISCRIMINATOR,
  type BodyOf,
  type Channel,
  type ChainEvent,
  type DurableEffect,
  type Durable,
  type EnrolmentKeys,
  type Header,
  type ImmediateEffect,
  type Input,
  MESSAGE_VERSION,
  type MemberIndex,
  type MemberKind,
  type Outcome,
  type Output,
  type OwnerAnswer,
  type OwnerKind,
  type SpendTx,
  type State,
  type TellEvent,
  createCore,
  decodeFrame,
  decodeHeader,
  decodeBody,
  encodeBody,
  encodeFrame,
  enrolRequest,
  ownerAnswer,
  signFrame,
} from '../../src/index.ts'
import { type Feerate, type Millis, type Outpoint, fromCbor, toCbor } from '../../src/primitives/index.ts'
import { type Setting, type TestVault, blockAt, memberAt, settingOf } from './setting.ts'

/** Input without its time. */
export type Happening = { [K in Input['kind']]: Omit<Extract<Input, { kind: K }>, 'at_ms'> }[Input['kind']]
type DurableOf<K extends DurableEffect['effect']> = Extract<DurableEffect, { effect: K }>
type ImmediateOf<K extends ImmediateEffect['effect']> = Extract<ImmediateEffect, { effect: K }>

export interface FrameChoices {
  readonly attachment?: Uint8Array | null
  readonly channel?: Channel
  /** Who hands it over; else its author. */
  readonly peer?: number
  readonly head?: Partial<Header>
}

export class Seat {
  readonly setting: Setting
  readonly core: ReturnType<typeof createCore>
  state: State
  /** The log, as it would be on disk. */
  log: Uint8Array[] = []
  outputs: Output[] = []
  now_ms = 1_700_000_000_000
  height = 100
  #seq = 0
  #request = 0

  constructor(setting: Setting = settingOf(5), self = 1) {
    this.setting = setting
    const { federation, ports, owner, others = [] } = setting
    const mine = ports[self - 1]
    assert.ok(mine)
    const config = { federation, self: memberAt(setting, self), owners: [owner, ...others], software: 'test' }
    this.core = createCore(config, mine)
    this.state = this.core.restore(null)
  }

  /** Started, at height 100, connected to all, guarding an active vault. */
  static guarding(vault: TestVault, setting: Setting = settingOf(5), self = 1): Seat {
    const seat = new Seat(setting, self)
    seat.begin()
    seat.enrol(vault)
    return seat
  }

  begin(): void {
    this.step({ kind: 'start' })
    this.chain({
      event: 'chain-health',
      state: 'ok',
      estimate: null,
      mempool_floor: 0 as Feerate,
      implementation: 'test',
    })
    this.connect()
    this.meet()
  }

  /** Connects to all others, which tell it at once that they have told it everything: the waiting after a start is over. */
  meet(): void {
    for (const other of this.others()) this.step({ kind: 'peer', member: other as MemberIndex, connected: true })
    for (const other of this.others()) this.answerPullsTo(other)
    // A test of budgets begins with full ones.
    for (const budget of Object.values(this.state.volatile.budgets)) budget.clear()
  }

  /** That member's `answered` to the last Pull that it was sent, and to those that this brings on. */
  answerPullsTo(member: number): void {
    for (let last = this.lastPullTo(member), before = -1; last > before; last = this.lastPullTo(member)) {
      before = last
      this.say(member, 'answered', { pull_seq: last, is_complete: true }, { channel: 'stream' })
    }
  }

  /** That member's `answered` to a Pull that it was sent. */
  answerTo(pull: Uint8Array, member: number, is_complete = true): void {
    const { seq } = decodeHeader(decodeFrame(pull).signed)
    this.say(member, 'answered', { pull_seq: seq, is_complete }, { channel: 'stream' })
  }

  /** The number of the last that asks about vaults, or for what it said itself; −1 where there was none. */
  lastPullTo(member: number): number {
    const sent = durable(this.outputs, 'send').flatMap(({ to, bytes }) => {
      const head = decodeHeader(decodeFrame(bytes).signed)
      if (to !== member || head.kind !== 'pull') return []
      const { own, owner_messages } = decodeBody('pull', head.body)
      return own || owner_messages.length > 0 ? [head.seq] : []
    })
    return sent.at(-1) ?? -1
  }

  step(happening: Happening): Output {
    const output = this.core.step(this.state, { ...happening, at_ms: this.now_ms as Millis })
    for (const record of output.records) this.log.push(toCbor(this.core.record, record))
    this.outputs.push(output)
    return output
  }

  /** Dies, and comes back with what the disk holds: the first `count` records, or all. */
  restart(count = this.log.length): Output {
    this.log = this.log.slice(0, count)
    this.state = this.core.restore(this.restored())
    return this.step({ kind: 'start' })
  }

  restored(): Durable {
    const durable = this.core.durableOf(this.core.restore(null))
    for (const bytes of this.log) this.core.apply(durable, fromCbor(this.core.record, bytes))
    return durable
  }

  /** The state encodes within its limits, and is what its log and its snapshot restore. */
  checkDurable(): void {
    const live = toCbor(this.core.snapshot, this.state.durable)
    assert.deepEqual(toCbor(this.core.snapshot, this.restored()), live)
    assert.deepEqual(toCbor(this.core.snapshot, fromCbor(this.core.snapshot, live)), live)
  }

  chain(event: ChainEvent): Output {
    return this.step({ kind: 'chain', event })
  }

  connect(spends: readonly { readonly outpoint: Outpoint; readonly tx: SpendTx }[] = []): Output {
    const block = blockAt(this.height)
    for (const spend of spends) this.chain({ event: 'spend-confirmed', ...spend, block })
    this.height += 1
    return this.chain({ event: 'block-connected', block, previous: blockAt(block.height - 1).hash })
  }

  connectMany(count: number): void {
    for (let at = 0; at < count; at++) this.connect()
  }

  get tip(): number {
    return this.height - 1
  }

  pass(ms: number): Output {
    this.now_ms += ms
    return this.step({ kind: 'tick' })
  }

  outcome(outcome: Outcome): Output {
    return this.step({ kind: 'outcome', outcome })
  }

  /** A member's frame, signed with its key. */
  frame<K extends MemberKind>(from: number, kind: K, body: BodyOf<K>, choices: FrameChoices = {}): Uint8Array {
    return this.frameOf(from, { kind, body: encodeBody(kind, body), ...choices.head }, choices.attachment ?? null)
  }

  frameOf(from: number, head: Partial<Header>, attachment: Uint8Array | null = null): Uint8Array {
    const { federation, ports } = this.setting
    const { index, peer_id } = federation.memberOf(from as MemberIndex)
    const theirs = ports[from - 1]
    assert.ok(theirs)
    this.#seq += 1
    const full: Header = {
      version: MESSAGE_VERSION,
      lock_prefix: federation.lock_prefix,
      epoch: federation.epoch,
      kind: 'vote',
      from: index,
      peer_id,
      // Of an earlier life than any that a core of its own would have here.
      boot: 0,
      seq: this.#seq,
      sent_at: this.now_ms as Millis,
      body: new Uint8Array(),
      ...head,
    }
    return encodeFrame(signFrame(theirs, federation.lock_hash, full, attachment))
  }

  /** Hands a frame over. @returns the verdict's code */
  receive(bytes: Uint8Array, peer: number, channel: Channel = 'gossip'): string {
    const output = this.step({ kind: 'frame', peer: peer as MemberIndex, channel, bytes, token: 1 })
    const [verdict] = immediate([output], 'verdict')
    assert.ok(verdict, 'each frame has a verdict')
    assert.equal(immediate([output], 'verdict').length, 1)
    return verdict.code
  }

  say<K extends MemberKind>(from: number, kind: K, body: BodyOf<K>, choices: FrameChoices = {}): string {
    return this.receive(this.frame(from, kind, body, choices), choices.peer ?? from, choices.channel)
  }

  vote(from: number, vault: TestVault, choices: Partial<BodyOf<'vote'>> & { readonly tx?: SpendTx } = {}): string {
    const { tx, ...change } = choices
    const body = { ...this.voteBody(vault, tx ?? vault.unvault), ...change }
    return this.say(from, 'vote', body, tx ? { attachment: tx.raw } : {})
  }

  voteBody(vault: TestVault, tx: SpendTx = vault.unvault): BodyOf<'vote'> {
    return {
      vault_id: vault.vault_id,
      trigger: 'theft',
      discriminator: NO_DISCRIMINATOR, incident_id: vault.theft,
      action: 'clawback',
      anchor_height: this.tip as BodyOf<'vote'>['anchor_height'],
      witness_txid: tx.wtxid,
    }
  }

  request(
    bytes: Uint8Array,
    protocol: OwnerKind = 'enrol',
    peer_id = this.setting.owner.peer_id,
  ): OwnerAnswer[] {
    const request_id = ++this.#request
    return answersOf(this.step({ kind: 'request', request_id, peer_id, protocol, bytes }))
  }

  sendManifest(vault: TestVault, peer_id?: string): OwnerAnswer[] {
    return this.request(manifestRequest(vault), 'enrol', peer_id)
  }

  verified(
    vault: TestVault,
    check: Extract<Outcome, { of: 'verify-enrolment' }>['check'] = 'ok',
    earlier_enrol: EnrolmentKeys | null = null,
  ): OwnerAnswer[] {
    return answersOf(this.outcome({ of: 'verify-enrolment', manifest_hash: vault.hash, check, earlier_enrol }))
  }

  /** A member's receipt for a manifest, as a frame. */
  receiptOf(from: number, { vault_id, manifest, hash }: TestVault): Uint8Array {
    const { generation } = manifest
    return this.frame(from, 'receipt', { statement: 'holds', vault_id, generation, manifest_hash: hash })
  }

  /** A member's word that the owner published the receipts. */
  publicationOf(from: number, { vault_id, manifest, hash }: TestVault): Uint8Array {
    const { generation } = manifest
    return this.frame(from, 'receipt', { statement: 'published', vault_id, generation, manifest_hash: hash })
  }

  publish(
    vault: TestVault,
    members = this.setting.federation.members.map(({ index }) => index as number),
  ): OwnerAnswer[] {
    const receipts = members.filter((one) => one !== this.state.config.self).map((one) => this.receiptOf(one, vault))
    const all = receipts.length === 0 ? [new Uint8Array([0])] : receipts
    return this.request(toCbor(enrolRequest, { request: 'bundle', manifest_hash: vault.hash, receipts: all }))
  }

  /** Armed and, with the receipts of all, published. */
  enrol(vault: TestVault): void {
    this.sendManifest(vault)
    const [answer] = this.verified(vault)
    assert.equal(answer?.answer, 'receipt')
    this.publish(vault)
    for (const from of this.others()) this.receive(this.publicationOf(from, vault), from)
  }

  theftSeen(vault: TestVault): Output {
    return this.chain({ event: 'spend-seen', outpoint: vault.deposit, tx: vault.unvault })
  }

  theftConfirmed(vault: TestVault): Output {
    return this.connect([{ outpoint: vault.deposit, tx: vault.unvault }])
  }

  /** Theft confirmed and votes of the first q others: the gate is open. */
  certified(vault: TestVault): void {
    this.theftConfirmed(vault)
    for (const from of this.others().slice(0, this.setting.federation.thresholds.clawback.q)) this.vote(from, vault)
  }

  others(): number[] {
    return this.setting.federation.members
      .map(({ index }) => index as number)
      .filter((one) => one !== this.state.config.self)
  }

  /** Answers every wish to open, seal and rebuild in the outputs from `since` on, until no more come. */
  work(vault: TestVault, since = 0): void {
    for (let at = since; at < this.outputs.length; at++) {
      for (const effect of this.outputs[at]?.immediate ?? []) this.#perform(vault, effect)
    }
  }

  #perform({ manifest }: TestVault, effect: ImmediateEffect): void {
    if (effect.effect === 'seal-share') {
      const { incident_id, manifest_hash, envelope_id, to, sealed } = effect
      this.outcome({ of: 'seal-share', incident_id, manifest_hash, envelope_id, to, sealed })
    } else if (effect.effect === 'open-share') {
      const { incident_id, envelope_id, from } = effect
      this.outcome({ of: 'open-share', incident_id, envelope_id, from, result: 'good' })
    } else if (effect.effect === 'rebuild') {
      const { incident_id, envelope_id, txid } = effect
      assert.ok(manifest)
      this.outcome({ of: 'rebuild', incident_id, envelope_id, result: txid ?? 'opened' })
    }
  }

  tells(event: TellEvent): ImmediateOf<'tell'>['tell'][] {
    return immediate(this.outputs, 'tell').flatMap(({ tell }) => (tell.event === event ? [tell] : []))
  }

  broadcasts(since = 0): DurableOf<'broadcast'>[] {
    return durable(this.outputs.slice(since), 'broadcast')
  }

  /** Bodies of the frames of this kind that it sent or gossiped. */
  sent<K extends MemberKind>(kind: K, since = 0): { readonly to: MemberIndex | null; readonly body: BodyOf<K> }[] {
    const outputs = this.outputs.slice(since)
    const frames = [
      ...durable(outputs, 'send').map(({ to, bytes }) => ({ to, bytes })),
      ...durable(outputs, 'gossip').map(({ bytes }) => ({ to: null, bytes })),
    ]
    return frames.flatMap(({ to, bytes }) => {
      const head = decodeHeader(decodeFrame(bytes).signed)
      return head.kind === kind ? [{ to, body: decodeBody(kind, head.body) }] : []
    })
  }
}

export function immediate<K extends ImmediateEffect['effect']>(outputs: readonly Output[], kind: K): ImmediateOf<K>[] {
  return outputs.flatMap((output) =>
    output.immediate.filter((effect): effect is ImmediateOf<K> => effect.effect === kind),
  )
}

export function durable<K extends DurableEffect['effect']>(outputs: readonly Output[], kind: K): DurableOf<K>[] {
  return outputs.flatMap((output) =>
    output.afterDurable.filter((effect): effect is DurableOf<K> => effect.effect === kind),
  )
}

export function manifestRequest({ signed: manifest, envelopes, shares }: TestVault): Uint8Array {
  return toCbor(enrolRequest, { request: 'manifest', manifest, envelopes, shares })
}

function answersOf(output: Output): OwnerAnswer[] {
  return durable([output], 'reply').map(({ bytes }) => fromCbor(ownerAnswer, bytes))
}
