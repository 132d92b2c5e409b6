/** Not lies but loads: old messages, broken ones, and very many. */
import { MAX_FRAME_BYTES, decodeFrame, decodeHeader, manifestHash } from '@belfry/protocol'
import { type MemberIndex, type VaultId, concat, toHex } from '@belfry/protocol/primitives'
import type { Strategy } from './strategy.ts'
import type { Tools } from './tools.ts'

const REPLAYS = 50
/** More than the routine room of one sender takes at once (budget.ts in the protocol). */
const FLOOD = 1_200
/** More than its urgent room, which is for every vault at once: 4 for each of 1,024. */
const URGENT_FLOOD = 4_200
/** After them so many, faster than the room fills again, so that it stays without room for some seconds. */
const URGENT_AFTERWARDS = 800
const URGENT_GAP_MS = 6
/** A run is long: more of them would find nothing more, and cost as much as all the rest. */
const MOST_FLOODS = 2

/** Sends what others said, again and again. */
export const replay: Strategy = {
  name: 'replay',
  act(tools) {
    if (tools.captured.length === 0) return
    const to = tools.random.pick(tools.others)
    for (let i = 0; i < REPLAYS; i++) tools.send(to, tools.random.pick(tools.captured))
    tools.gossip(tools.random.pick(tools.captured))
  },
}

/** What cannot be read, or not be checked. */
export const garbage: Strategy = {
  name: 'garbage',
  act(tools) {
    for (const to of tools.random.sample(tools.others, 2)) tools.send(to, broken(tools))
    tools.gossip(broken(tools))
  },
}

function broken(tools: Tools): Uint8Array {
  const { random } = tools
  const [model = random.bytes(40)] = random.sample(tools.captured, 1)
  switch (random.int(0, 4)) {
    case 0:
      return random.bytes(random.int(0, 600))
    case 1:
      return model.subarray(0, random.int(0, model.length))
    case 2:
      return concat(model, random.bytes(3))
    case 3:
      // Seldom, for it is half a megabyte.
      return random.chance(0.1) ? new Uint8Array(MAX_FRAME_BYTES + 1) : new Uint8Array(0)
    default: {
      const at = random.int(0, model.length - 1)
      return model.map((byte, index) => (index === at ? byte ^ (1 << random.int(0, 7)) : byte))
    }
  }
}

/** As much as it can sign, at one member: Pulls at any time, and what is urgent when all the others vote. */
export const flood: Strategy = {
  name: 'flood',
  leaving(effect, tools) {
    if (tools.urgent_floods === 0 && effect.effect === 'gossip' && isVote(effect.bytes)) {
      tools.urgent_floods += 1
      floodUrgently(tools, tools.random.pick(tools.others))
    }
    return null
  },
  act(tools) {
    // Rather in an incident, when there is most to drown.
    const isIncident = (tools.member.state?.durable.incidents.size ?? 0) > 0
    if (tools.floods >= MOST_FLOODS || !tools.random.chance(isIncident ? 0.4 : 0.1)) return
    tools.floods += 1
    floodWithPulls(tools, tools.random.pick(tools.others))
  },
}

function isVote(bytes: Uint8Array): boolean {
  return decodeHeader(decodeFrame(bytes).signed).kind === 'vote'
}

function floodWithPulls(tools: Tools, to: MemberIndex): void {
  // At once, or faster than a budget fills again for as long as it lasts.
  const gap_ms = tools.random.pick([0, 5])
  for (let i = 0; i < FLOOD; i++) {
    tools.after(i * gap_ms, () => tools.send(to, tools.sign('pull', { incidents: [], owner_messages: [], evidence: [], own: false, custody: [] })))
  }
}

function floodUrgently(tools: Tools, to: MemberIndex): void {
  for (let i = 0; i < URGENT_FLOOD; i++) tools.send(to, unknownReceipt(tools))
  for (let i = 0; i < URGENT_AFTERWARDS; i++) tools.after(i * URGENT_GAP_MS, () => tools.send(to, unknownReceipt(tools)))
}

/** "I hold a manifest that nobody has heard of." */
function unknownReceipt(tools: Tools): Uint8Array {
  const { random, hasher } = tools
  const vault_id = toHex(random.bytes(32)) as VaultId
  return tools.sign('receipt', { statement: 'holds', vault_id, generation: 1, manifest_hash: manifestHash(hasher, random.bytes(32)) })
}
