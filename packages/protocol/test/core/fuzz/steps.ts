/** Everything that may happen to a member. */
import * as fc from 'fast-check'
import { NO_DISCRIMINATOR, type BodyOf, type Order, enrolRequest, taggedHash } from '../../../src/index.ts'
import { type Feerate, type Hash32, type Height, type MemberIndex, toCbor } from '../../../src/primitives/index.ts'
import { type GivenCommand, drill, give, incidentOf, notice, orderAt, voteFor } from '../commands.ts'
import type { Seat } from '../seat.ts'
import { type TestVault, blockAt, hasher, hexOf, ownerSign } from '../setting.ts'
import { ENVELOPES, INCIDENTS, ORDERS, OUTPOINTS, TXS, VAULTS, first, other, sealed, sealed_hash, setting } from './cast.ts'
import { WELL, unsolicited } from './outcomes.ts'
import type { World } from './world.ts'
import { quietHeartbeat } from '../../messages/heartbeat.ts'

/** One thing that happens; what it means depends on how far the world has come. */
export interface Step {
  readonly name: string
  readonly run: (world: World) => void
}

const anyOf = <T>(list: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...list)
const anyFrom = fc.integer({ min: 1, max: 5 })
const anyDice = fc.nat(10_000)

const anyVote = (world: World, vault: TestVault, cold: boolean, back: number): BodyOf<'vote'> => ({
  vault_id: vault.vault_id,
  trigger: cold ? 'cold-theft' : 'theft',
  discriminator: NO_DISCRIMINATOR, incident_id: cold ? vault.cold_theft : vault.theft,
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

function orderOf(seat: Seat, vault: TestVault, order: Order, ahead: number, nonce: number): GivenCommand {
  const height = Math.max(0, seat.tip - 6 + ahead)
  const anchor = seat.state.durable.recent.find((block) => block.height === height) ?? blockAt(height)
  return orderAt(seat.tip, vault, order, { nonce: `${nonce}`, anchor })
}

export const STEPS: readonly fc.Arbitrary<Step>[] = [
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
      world.seat.say(5, 'certificate', { vault_id, trigger: 'theft', discriminator: NO_DISCRIMINATOR, incident_id, action: 'clawback', votes })
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
  anyDice.map((dice) => ({
    name: 'a theft that the ladder does not end',
    run: (world) => {
      world.connect([{ outpoint: first.deposit, tx: first.unvault }])
      for (let height = 0; height < 14; height++) {
        if (height % 6 === 0) for (const from of [2, 3, 4]) world.seat.vote(from, first)
        world.connect([])
      }
      world.answer(WELL)
      for (const from of [2, 3]) releaseAll(world.seat, from)
      world.answer(dice % 2 === 0 ? WELL : dice)
      for (let height = 0; height < dice % 20; height++) {
        world.connect([])
        world.answer(dice + height)
      }
    },
  })),
  fc.tuple(anyFrom, anyOf(INCIDENTS), anyOf(VAULTS)).map(([from, incident_id, vault]) => ({
    name: 'pull',
    run: ({ seat }) => {
      const incidents = [{ incident_id, votes: [], releases: [], broadcasts: [] }]
      seat.say(
        from,
        'pull',
        { incidents, owner_messages: [], evidence: [], own: false, custody: [{ manifest_hash: vault.hash, receipts: [], published: [], taken_back: [], let_be: [], withdrawal: false }] },
        { channel: 'stream' },
      )
    },
  })),
  fc.tuple(anyFrom, fc.array(anyOf(INCIDENTS), { maxLength: 64 })).map(([from, ids]) => ({
    name: 'heartbeat',
    run: ({ seat }) =>
      void seat.say(from, 'heartbeat', quietHeartbeat({ tip: blockAt(7),
        incidents: ids.map((incident_id) => ({ incident_id, digest: hexOf('digest') as Hash32 })),
      })),
  })),
  fc.tuple(anyFrom, fc.nat(200)).map(([from, height]) => ({
    name: 'a tip of another chain, and headers to it',
    run: (world) => {
      const { seat } = world
      for (let period = 0; period < 5; period++) {
        seat.say(from, 'heartbeat', quietHeartbeat({ tip: blockAt(100 + height, 'other'), silent: [2 as MemberIndex] }))
        seat.pass(seat.setting.federation.timing.heartbeat_ms)
      }
      seat.say(from, 'headers', { headers: [new Uint8Array(80)] }, { channel: 'stream' })
      seat.say(from, 'headers-wanted', { locator: [blockAt(height).hash] }, { channel: 'stream' })
      world.answer(height)
    },
  })),
  fc.tuple(anyFrom, fc.nat(40), anyDice).map(([from, at, dice]) => ({
    name: 'block proof',
    run: ({ seat }) => void seat.say(from, 'block-proof', { block: blockAt(6 * at), answer: hexOf(String(dice)) as Hash32 }),
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
  fc.tuple(anyOf([first, other]), anyOf(ORDERS), fc.integer({ min: -20, max: 14 }), fc.nat(6)).map(([vault, order, ahead, nonce]) => ({
    name: `order ${order.order}`,
    run: ({ seat }) => void give(seat, orderOf(seat, vault, order, ahead, nonce)),
  })),
  fc.tuple(anyFrom, anyOf([first, other]), anyOf(ORDERS), fc.integer({ min: -20, max: 3 }), fc.nat(6)).map(([from, vault, order, ahead, nonce]) => ({
    name: `notice of ${order.order}`,
    run: ({ seat }) => {
      const given = orderOf(seat, vault, order, ahead, nonce)
      for (const member of [from, (from % 5) + 1]) notice(seat, member, vault, given, Math.max(0, seat.tip + ahead))
    },
  })),
  fc.tuple(anyOf(['panic', 'drill'] as const), fc.nat(6), anyDice).map(([kind, nonce, dice]) => ({
    name: `a whole ${kind}`,
    run: (world) => {
      const { seat } = world
      const given = orderOf(seat, first, kind === 'panic' ? { order: 'panic' } : drill(4), 0, nonce)
      for (const from of [2, 3, 4]) voteFor(seat, from, first, kind, given)
      world.answer(WELL)
      const wanted = kind === 'panic' ? first.manifest.emergency : [first.manifest.drill]
      for (const { envelope_id } of wanted) {
        for (const from of [2, 3]) {
          const body = { incident_id: incidentOf(first, kind, given), manifest_hash: first.hash, envelope_id, to: 1 as MemberIndex, sealed_hash }
          seat.say(from, 'release', body, { attachment: sealed, channel: 'stream' })
        }
      }
      world.connect([])
      world.answer(dice % 2 === 0 ? WELL : dice)
    },
  })),
  fc.tuple(anyFrom, anyOf(ORDERS), anyOf(['no-channel', 'good', 'bad', 'rebuilt'] as const), fc.nat(6)).map(([from, order, result, nonce]) => ({
    name: 'drill report',
    run: ({ seat }) => {
      if (order.order !== 'drill') return
      const { hash: command_hash } = orderOf(seat, first, order, 0, nonce)
      const { vault_id } = first
      seat.say(from, 'receipt', { statement: 'drill', vault_id, command_hash, level: order.level, result, tried: 2, good: result === 'good' ? 2 : 1, height: seat.tip as Height })
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
