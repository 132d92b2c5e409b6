/** Whatever happens, in whatever order: the core never throws, its state encodes, and its log restores it. */
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  type BodyOf,
  type BroadcastAnswer,
  type EnrolmentCheck,
  type Outcome,
  type SpendTx,
  decodeBody,
  decodeFrame,
  decodeHeader,
  enrolRequest,
  isMemberKind,
  taggedHash,
} from '../../src/index.ts'
import {
  type EnvelopeId,
  type Feerate,
  type Hash32,
  type Height,
  type IncidentId,
  type MemberIndex,
  type Outpoint,
  toCbor,
  toHex,
} from '../../src/primitives/index.ts'
import { Seat } from './seat.ts'
import {
  type TestVault,
  blockAt,
  clawbackTx,
  hasher,
  hexOf,
  ownerSign,
  settingOf,
  transactionOf,
  vaultOf,
} from './setting.ts'

const setting = settingOf(5)
const first = vaultOf(setting, { variants: 2, rates: [2, 50] })
const second = vaultOf(setting, {
  generation: 2,
  previous: first.hash,
  variants: 2,
  rates: [5],
  change: (one) => ({ ...one, act_at: 'mempool', csv: 20 }),
})
const other = vaultOf(setting, { label: 'other', rates: [2] })
const VAULTS = [first, second, other]
const TXS: readonly SpendTx[] = [
  first.unvault,
  transactionOf('vault/unvault/1'),
  clawbackTx(2),
  clawbackTx(5),
  transactionOf('vault/emergency/250'),
  transactionOf('thief'),
  transactionOf('hot spend'),
  other.unvault,
]
const OUTPOINTS: readonly Outpoint[] = [
  first.deposit,
  first.unvaulted,
  other.deposit,
  other.unvaulted,
  ...outpointsOf(first),
]
const INCIDENTS: readonly IncidentId[] = [
  first.theft,
  first.cold_theft,
  other.theft,
  other.cold_theft,
  hexOf('none') as IncidentId,
]
const ENVELOPES: readonly EnvelopeId[] = [...first.ids, ...second.ids, ...other.ids, hexOf('none') as EnvelopeId]
const sealed = new Uint8Array(81).fill(3)
const sealed_hash = toHex(taggedHash(hasher, 'sealed', sealed)) as Hash32

function outpointsOf({ manifest }: TestVault): Outpoint[] {
  return manifest.unvaults.map(({ txid }) => `${txid}:0` as Outpoint)
}

/** One thing that happens; what it means depends on how far the world has come. */
interface Step {
  readonly name: string
  readonly run: (world: World) => void
}

/** A seat, with the chain and the mempool of its bitcoind as the follower has told them. */
class World {
  readonly seat = new Seat(setting)
  branch = 0
  /** What was told as spending each outpoint. */
  readonly mempool = new Map<Outpoint, SpendTx>()
  readonly confirmed = new Map<Outpoint, { readonly tx: SpendTx; readonly height: number }>()
  readonly blocks: number[] = []
  done = 0

  connect(spends: readonly { readonly outpoint: Outpoint; readonly tx: SpendTx }[]): void {
    const { seat } = this
    const block = blockAt(seat.height, `${this.branch}`)
    const previous = seat.state.durable.position?.hash ?? blockAt(seat.height - 1).hash
    for (const { outpoint, tx } of spends) {
      if (this.confirmed.has(outpoint)) continue
      seat.chain({ event: 'spend-confirmed', outpoint, tx, block })
      this.mempool.delete(outpoint)
      this.confirmed.set(outpoint, { tx, height: seat.height })
    }
    seat.chain({ event: 'block-connected', block, previous })
    this.blocks.push(seat.height)
    seat.height += 1
  }

  disconnect(): void {
    const { seat } = this
    const { position, recent } = seat.state.durable
    const before = recent.at(-2)
    if (!position || !before || this.blocks.length < 2) return
    for (const [outpoint, { tx, height }] of this.confirmed) {
      if (height !== position.height) continue
      seat.chain({ event: 'spend-unconfirmed', outpoint, txid: tx.txid, block: position })
      this.confirmed.delete(outpoint)
    }
    seat.chain({ event: 'block-disconnected', block: position, previous: before.hash })
    this.blocks.pop()
    this.branch += 1
    seat.height -= 1
  }

  see(outpoint: Outpoint, tx: SpendTx): void {
    if (this.confirmed.has(outpoint)) return
    const old = this.mempool.get(outpoint)
    if (old) this.seat.chain({ event: 'spend-replaced', outpoint, old_txid: old.txid, tx })
    else this.seat.chain({ event: 'spend-seen', outpoint, tx })
    this.mempool.set(outpoint, tx)
  }

  evict(outpoint: Outpoint): void {
    const old = this.mempool.get(outpoint)
    if (!old) return
    this.seat.chain({ event: 'spend-evicted', outpoint, txid: old.txid })
    this.mempool.delete(outpoint)
  }

  /** Gives outcomes to what was asked for since the last time, as the dice say. */
  answer(dice: number): void {
    const { seat } = this
    for (; this.done < seat.outputs.length; this.done++) {
      const output = seat.outputs[this.done]
      for (const effect of [...(output?.immediate ?? []), ...(output?.afterDurable ?? [])]) {
        const outcome = outcomeOf(effect, dice)
        if (outcome) seat.outcome(outcome)
      }
      if (seat.outputs.length > 3_000) assert.fail('the core goes round in a circle')
    }
  }
}

type Effect = Seat['outputs'][number]['immediate'][number] | Seat['outputs'][number]['afterDurable'][number]
const ANSWERS: readonly BroadcastAnswer[] = [
  'accepted',
  'already-known',
  'fee-too-low',
  'conflict',
  'inputs-missing',
  'not-final',
  'unreachable',
  'script-invalid',
  'rejected',
]
const CHECKS: readonly EnrolmentCheck[] = [
  'ok',
  'ok',
  'ok',
  'share-does-not-open',
  'deposit-spent',
  'bitcoind-unreachable',
  'no-room',
]

function outcomeOf(effect: Effect, dice: number): Outcome | null {
  switch (effect.effect) {
    case 'verify-enrolment':
      return {
        of: 'verify-enrolment',
        manifest_hash: effect.manifest_hash,
        check: CHECKS[dice % CHECKS.length] ?? 'ok',
      }
    case 'seal-share': {
      const { incident_id, manifest_hash, envelope_id, to } = effect
      return { of: 'seal-share', incident_id, manifest_hash, envelope_id, to, sealed: dice % 7 === 0 ? null : sealed }
    }
    case 'open-share': {
      const { incident_id, envelope_id, from } = effect
      return {
        of: 'open-share',
        incident_id,
        envelope_id,
        from,
        result: (['good', 'good', 'bad', 'no-room'] as const)[dice % 4] ?? 'good',
      }
    }
    case 'rebuild': {
      const { incident_id, envelope_id, txid } = effect
      return { of: 'rebuild', incident_id, envelope_id, txid: dice % 5 === 0 ? null : txid }
    }
    case 'broadcast': {
      const { incident_id, envelope_id, txid } = effect
      return { of: 'broadcast', incident_id, envelope_id, txid, answer: ANSWERS[dice % ANSWERS.length] ?? 'accepted' }
    }
    case 'test-sighting': {
      const { incident_id, member, outpoints } = effect
      const [outpoint] = outpoints
      const tx = TXS[dice % TXS.length]
      return {
        of: 'test-sighting',
        incident_id,
        member,
        sighted: dice % 3 === 0 && outpoint && tx ? { outpoint, tx } : null,
      }
    }
    default:
      return null
  }
}

/** The dice with which all goes well. */
const WELL = 36

const anyOf = <T>(list: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...list)
const anyFrom = fc.integer({ min: 1, max: 5 })
const anyDice = fc.nat(10_000)

const anyVote = (world: World, vault: TestVault, cold: boolean, back: number): BodyOf<'vote'> => ({
  vault_id: vault.vault_id,
  trigger: cold ? 'cold-theft' : 'theft',
  incident_id: cold ? vault.cold_theft : vault.theft,
  action: cold ? 'emergency' : 'clawback',
  anchor_height: Math.max(0, world.seat.tip - back) as Height,
  witness_txid: vault.unvault.wtxid,
})

function releaseAll(seat: Seat, from: number): void {
  for (const envelope_id of first.ids.slice(0, 4)) {
    const body = { incident_id: first.theft, manifest_hash: first.hash, envelope_id, to: 1 as MemberIndex, sealed_hash }
    seat.say(from, 'release', body, { attachment: sealed, channel: 'stream' })
  }
}

const STEPS: readonly fc.Arbitrary<Step>[] = [
  fc.array(fc.tuple(anyOf(OUTPOINTS), anyOf(TXS)), { maxLength: 2 }).map((spends) => ({
    name: 'connect',
    run: (world) => world.connect(spends.map(([outpoint, tx]) => ({ outpoint, tx }))),
  })),
  fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(101)).map((count) => ({
    name: `connect ${count}`,
    run: (world) => {
      for (let at = 0; at < count; at++) world.connect([])
    },
  })),
  fc.integer({ min: 1, max: 4 }).map((depth) => ({
    name: `disconnect ${depth}`,
    run: (world) => {
      for (let at = 0; at < depth; at++) world.disconnect()
    },
  })),
  fc
    .tuple(anyOf(OUTPOINTS), anyOf(TXS))
    .map(([outpoint, tx]) => ({ name: 'see', run: (world) => world.see(outpoint, tx) })),
  fc.constant({ name: 'theft', run: (world: World) => world.see(first.deposit, first.unvault) }),
  fc.constant({
    name: 'theft confirmed',
    run: (world: World) => world.connect([{ outpoint: first.deposit, tx: first.unvault }]),
  }),
  anyOf(OUTPOINTS).map((outpoint) => ({ name: 'evict', run: (world) => world.evict(outpoint) })),
  fc
    .tuple(fc.integer({ min: -20_000, max: 200_000 }))
    .map(([ms]) => ({ name: `pass ${ms}`, run: (world) => void world.seat.pass(ms) })),
  fc.option(fc.nat(300_000)).map((estimate) => ({
    name: 'health',
    run: ({ seat }) =>
      void seat.chain({
        event: 'chain-health',
        state: 'ok',
        estimate: estimate as Feerate | null,
        mempool_floor: 1_000 as Feerate,
        implementation: 'test',
      }),
  })),
  fc
    .tuple(anyFrom, anyOf(VAULTS), fc.boolean(), fc.integer({ min: -300, max: 300 }), fc.boolean())
    .map(([from, vault, cold, back, bare]) => ({
      name: `vote ${from}`,
      run: (world) =>
        void world.seat.say(from, 'vote', anyVote(world, vault, cold, back), {
          attachment: bare ? null : vault.unvault.raw,
        }),
    })),
  anyOf([first, other]).map((vault) => ({
    name: 'all vote',
    run: (world) => {
      for (const from of [2, 3, 4]) world.seat.say(from, 'vote', anyVote(world, vault, false, 0))
    },
  })),
  fc.tuple(fc.array(anyFrom, { minLength: 2, maxLength: 5 }), anyOf(VAULTS)).map(([voters, vault]) => ({
    name: 'certificate',
    run: (world) => {
      const { vault_id, theft: incident_id } = vault
      const votes = voters.map((from) => world.seat.frame(from, 'vote', anyVote(world, vault, false, 0)))
      world.seat.say(5, 'certificate', { vault_id, trigger: 'theft', incident_id, action: 'clawback', votes })
    },
  })),
  fc
    .tuple(anyFrom, anyOf(VAULTS), anyOf(ENVELOPES), anyOf(INCIDENTS))
    .map(([from, vault, envelope_id, incident_id]) => ({
      name: 'release',
      run: ({ seat }) => {
        const body = { incident_id, manifest_hash: vault.hash, envelope_id, to: 1 as MemberIndex, sealed_hash }
        seat.say(from, 'release', body, { attachment: sealed, channel: 'stream' })
      },
    })),
  fc.constant({
    name: 'all release',
    run: ({ seat }: World) => {
      for (const from of [2, 3, 4, 5]) releaseAll(seat, from)
    },
  }),
  anyDice.map((dice) => ({
    name: 'a whole theft',
    run: (world) => {
      world.connect([{ outpoint: first.deposit, tx: first.unvault }])
      for (const from of [2, 3, 4]) world.seat.say(from, 'vote', anyVote(world, first, false, 0))
      world.answer(WELL)
      for (const from of [2, 3]) releaseAll(world.seat, from)
      world.answer(WELL)
      world.connect([])
      world.answer(dice)
    },
  })),
  fc.tuple(anyFrom, anyOf(INCIDENTS), anyOf(VAULTS)).map(([from, incident_id, vault]) => ({
    name: 'pull',
    run: ({ seat }) => {
      const incidents = [{ incident_id, votes: [], releases: [], broadcasts: [] }]
      seat.say(
        from,
        'pull',
        { incidents, custody: [{ manifest_hash: vault.hash, receipts: [] }] },
        { channel: 'stream' },
      )
    },
  })),
  fc.tuple(anyFrom, fc.array(anyOf(INCIDENTS), { maxLength: 64 })).map(([from, ids]) => ({
    name: 'heartbeat',
    run: ({ seat }) =>
      void seat.say(from, 'heartbeat', {
        tip: blockAt(7),
        chain: 'ok',
        implementation: 'test',
        software: 'test',
        custody_digest: hexOf('custody') as Hash32,
        incidents: ids.map((incident_id) => ({ incident_id, digest: hexOf('digest') as Hash32 })),
      }),
  })),
  fc.tuple(anyFrom, anyOf(VAULTS)).map(([from, vault]) => ({
    name: 'receipt',
    run: ({ seat }) => void seat.receive(seat.receiptOf(from, vault), from),
  })),
  fc.tuple(anyFrom, anyOf(TXS), anyOf([first, other])).map(([from, { txid }, vault]) => ({
    name: 'broadcast receipt',
    run: ({ seat }) => {
      const { vault_id, theft: incident_id } = vault
      seat.say(from, 'receipt', { statement: 'broadcast', vault_id, incident_id, txid, height: 100 as Height })
    },
  })),
  anyOf(VAULTS).map((vault) => ({
    name: `manifest ${vault.manifest.name}`,
    run: ({ seat }) => void seat.sendManifest(vault),
  })),
  anyOf(VAULTS).map((vault) => ({
    name: `enrol ${vault.manifest.name}`,
    run: ({ seat }) => {
      seat.sendManifest(vault)
      seat.verified(vault)
      seat.publish(vault)
    },
  })),
  anyOf(VAULTS).map((vault) => ({
    name: 'withdraw',
    run: ({ seat }) => {
      const key = setting.owner.root
      const signatures = [{ key, signature: ownerSign(key, taggedHash(hasher, 'withdraw', vault.signed.bytes)) }]
      seat.request(toCbor(enrolRequest, { request: 'withdraw', manifest_hash: vault.hash, signatures }))
    },
  })),
  anyDice.map((dice) => ({ name: `answer ${dice}`, run: (world) => world.answer(dice) })),
  fc.constant({ name: 'answer well', run: (world: World) => world.answer(WELL) }),
  fc
    .tuple(anyDice, anyOf(ENVELOPES), anyOf(INCIDENTS), anyFrom, anyOf(TXS))
    .map(([dice, envelope_id, incident_id, from, tx]) => ({
      name: 'an outcome that nobody asked for',
      run: ({ seat }) => void seat.outcome(unsolicited(dice, envelope_id, incident_id, from as MemberIndex, tx)),
    })),
  fc.tuple(anyFrom, fc.boolean()).map(([member, connected]) => ({
    name: 'peer',
    run: ({ seat }) => void seat.step({ kind: 'peer', member: member as MemberIndex, connected }),
  })),
  fc.tuple(anyFrom, fc.uint8Array({ maxLength: 60 })).map(([from, bytes]) => ({
    name: 'garbage',
    run: ({ seat }) => void seat.receive(bytes, from),
  })),
  anyDice.map((back) => ({
    name: 'the last chain fact again',
    run: ({ seat }) => {
      const facts = seat.outputs.flatMap(({ records }) =>
        records.flatMap((one) => (one.record === 'chain' ? [one.fact] : [])),
      )
      const last = facts.at(-1)
      if (last && back % 2 === 0) seat.chain(last)
    },
  })),
  fc.constant({
    name: 'restart',
    run: (world: World) => {
      world.seat.restart()
      world.done = world.seat.outputs.length - 1
    },
  }),
]

function unsolicited(
  dice: number,
  envelope_id: EnvelopeId,
  incident_id: IncidentId,
  from: MemberIndex,
  tx: SpendTx,
): Outcome {
  const all: readonly Outcome[] = [
    { of: 'verify-enrolment', manifest_hash: other.hash, check: 'ok' },
    { of: 'seal-share', incident_id, manifest_hash: first.hash, envelope_id, to: from, sealed },
    { of: 'open-share', incident_id, envelope_id, from, result: 'good' },
    { of: 'rebuild', incident_id, envelope_id, txid: tx.txid },
    { of: 'broadcast', incident_id, envelope_id, txid: tx.txid, answer: 'accepted' },
    { of: 'test-sighting', incident_id, member: from, sighted: { outpoint: first.deposit, tx } },
  ]
  return all[dice % all.length] ?? assert.fail()
}

/** What a core gives out can be read, and its verdicts are one for each frame. */
function checkOutputs(seat: Seat): void {
  const slots = new Set<string>()
  for (const output of seat.outputs) {
    for (const effect of output.afterDurable) {
      if (effect.effect !== 'gossip' && effect.effect !== 'send') continue
      const { kind, body } = decodeHeader(decodeFrame(effect.bytes).signed)
      assert.ok(isMemberKind(kind))
      decodeBody(kind, body)
      assert.ok(effect.effect === 'send' || (kind !== 'release' && kind !== 'pull'), 'no share is gossiped')
    }
    for (const record of output.records) {
      if (record.record !== 'signed') continue
      assert.ok(!slots.has(record.slot), record.slot)
      slots.add(record.slot)
    }
    assert.ok(output.wake_at_ms > 0)
  }
}

describe('a core to which anything may happen', () => {
  it('never throws nor goes round in a circle, keeps its limits, and is what its log restores', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...STEPS), { minLength: 5, maxLength: 60 }), (steps) => {
        const world = new World()
        world.seat.begin()
        world.blocks.push(100)
        world.seat.enrol(first)
        world.done = world.seat.outputs.length
        for (const { run } of steps) run(world)
        world.answer(WELL)
        checkOutputs(world.seat)
        world.seat.checkDurable()
      }),
      { numRuns: 150 },
    )
  }).timeout(60_000)
})
