/** A member that floods the others, with many frames and with large ones: what it may cost them, by their own counters. */
import assert from 'node:assert/strict'
import type { Member } from '../../../packages/cli/src/demo/cluster/index.ts'
import { MAX_FRAME_BYTES, decodeFrame, decodeHeader, encodeFrame } from '../../../packages/protocol/src/index.ts'
import { SENDER_BUDGET, forwarderBudget } from '../../../packages/protocol/src/messages/budget.ts'
import { completeLimits } from '../../../packages/network/src/limits.ts'
import { LOOP_LIMITS } from '../../../packages/runtime/src/index.ts'
import { Liar } from '../../support/liar.ts'
import { falseVote, pullForAll, vaulted } from '../../support/liar-lies.ts'
import { type Sample, countAt, counted, metricsOf } from '../../support/liar-traces.ts'
import { PEER_PORT } from '../../support/netns/weather.ts'
import { answer, progress, steal } from '../../support/netns/steps.ts'
import type { Stage } from '../../support/netns/suite.ts'
import { eventually } from '../../support/watch.ts'

/** Above what is verified of one forwarder at once. */
const SMALL_FRAMES = 3_000
/** Above what is read of one member at once. */
const LARGE_FRAMES = 60
const LARGE_BYTES = 390_000
const FLOODER = 5

/** Verdicts that come only after a signature was verified. */
const AFTER_SIGNATURE = ['sender-over-budget', 'stale', 'unknown-vault', 'unknown-manifest', 'unknown-incident', 'anchor-out-of-window', 'room-exhausted', 'vault-settled', 'bad-signature', 'bad-content']

export function flood({ net, vault }: Stage): void {
  it('takes of others no more than their budgets by flooding, and keeps them from nothing', async () => {
    const { regtest } = net()
    const stolen = vault('under flood')
    const honest = net().without(FLOODER)
    // Two cores bear one kind of flood for each member.
    const [rated, sized] = [honest.slice(0, 2), honest.slice(2)]
    const liar = await flooder()
    try {
      await liar.connectedWith(honest)
      const before = await Promise.all(honest.map(costsOf))
      const began = performance.now()
      let most_queued = 0
      const one = vaulted(stolen)
      const tip = (await honest[0]?.api.status())?.chain.tip?.height ?? assert.fail('the tip is known')
      const { body } = decodeHeader(decodeFrame(pullForAll(liar, one)).signed)
      for (let sent = 0; sent < SMALL_FRAMES; sent++) liar.send(rated, encodeFrame(liar.frame('pull', body)))
      const large = new Uint8Array(LARGE_BYTES)
      for (let sent = 0; sent < LARGE_FRAMES; sent++) {
        large[sent] = 1
        liar.send(sized, encodeFrame(falseVote(liar, one, tip - 12 - sent, large)))
      }
      const watching = eventually('the flood is out', async () => {
        for (const member of honest) most_queued = Math.max(most_queued, await countAt(member, 'belfry_loop_queued_inputs', { class: 'frame' }))
        return liar.queued === 0
      })
      await steal(stolen, honest)
      await answer(stolen, honest, (node, blocks) => regtest.mine(node, blocks))
      await watching
      await counted(honest, 'sender-over-budget', liar.index)

      const after = await Promise.all(honest.map(costsOf))
      const seconds = (performance.now() - began) / 1_000
      for (const [at, member] of honest.entries()) {
        const [first, last] = [before[at] ?? assert.fail(), after[at] ?? assert.fail()]
        const verified = last.verified - first.verified
        const bytes = last.bytes - first.bytes
        progress(`${member.name}: ${verified} signatures of the flooder verified, ${Math.round(bytes / 1024)} KiB read, in ${seconds.toFixed(1)} s`)
        assert.ok(verified <= mostVerified(seconds), `${member.name} verifies no more than the budgets allow`)
        assert.ok(bytes <= mostRead(seconds), `${member.name} reads no more than the budgets allow`)
        assert.deepEqual(last.refused, first.refused, `${member.name} drops no other input for want of room`)
      }
      progress(`at most ${most_queued} frames waited`)
      // A lane for each other member: the flooder fills no more than its own.
      assert.ok(most_queued <= honest.length * LOOP_LIMITS.classes.frame.lane_queue)
    } finally {
      await liar.stop()
    }
  })

  async function flooder(): Promise<Liar> {
    const member = net().member(FLOODER)
    const place = net().places[FLOODER - 1] ?? assert.fail('every member has a place')
    const reachedAs = await net().reachedFrom(place)
    const [own = ''] = reachedAs.memberOf(member.index).addresses
    // It listens where else it would reach itself; who dials the member's address is led there.
    const port = Number(own.split('/').at(-1))
    await place.unreach(port)
    await member.stop()
    await place.handOut(PEER_PORT, port)
    return await Liar.inPlaceOf(member, net(), { reachedAs, listen: [own] })
  }
}

interface Costs {
  readonly verified: number
  readonly bytes: number
  /** Inputs dropped for want of room, but frames, which a full lane of the flooder's loses. */
  readonly refused: readonly Sample[]
}

async function costsOf(member: Member): Promise<Costs> {
  const samples = await metricsOf(member)
  const sum = (name: string, isMeant: (sample: Sample) => boolean = () => true): number =>
    samples.filter((sample) => sample.name === name && isMeant(sample)).reduce((total, { value }) => total + value, 0)
  return {
    verified: sum('belfry_peer_refused_frames_total', ({ labels }) => labels['member'] === `${FLOODER}` && AFTER_SIGNATURE.includes(labels['code'] ?? '')),
    bytes: sum('belfry_network_frames_received_bytes_total'),
    refused: samples.filter(({ name, labels }) => name === 'belfry_loop_refused_inputs_total' && labels['class'] !== 'frame'),
  }
}

/** By the budgets of one forwarder, in both rooms. */
function mostVerified(seconds: number): number {
  return (['urgent', 'routine'] as const).map((room) => forwarderBudget(room, 5)).reduce((sum, { messages_burst, messages_per_s }) =>
    sum + messages_burst + messages_per_s * seconds, 0)
}

/** What the network reads from one member, and what honest ones send besides. */
function mostRead(seconds: number): number {
  const { memberBurstBytes, memberBytesPerSecond } = completeLimits({})
  const honest = (['urgent', 'routine'] as const).reduce((sum, room) => sum + SENDER_BUDGET[room].bytes_burst + SENDER_BUDGET[room].bytes_per_s * seconds, 0)
  return memberBurstBytes + memberBytesPerSecond * seconds + MAX_FRAME_BYTES + 3 * honest
}
