/** Not lies but loads: old messages, broken ones, and very many. */
import { MAX_FRAME_BYTES } from '@belfry/protocol'
import { concat } from '@belfry/protocol/primitives'
import type { Strategy } from './strategy.ts'
import type { Tools } from './tools.ts'

const BURST = 200

/** Sends what others said, again and again. */
export const replay: Strategy = {
  name: 'replay',
  act(tools) {
    if (tools.captured.length === 0) return
    const to = tools.random.pick(tools.others)
    for (let i = 0; i < BURST / 4; i++) tools.send(to, tools.random.pick(tools.captured))
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

/** As much as it can sign, at one member. */
export const flood: Strategy = {
  name: 'flood',
  act(tools) {
    if (!tools.random.chance(0.2)) return
    const to = tools.random.pick(tools.others)
    for (let i = 0; i < BURST; i++) tools.send(to, tools.sign('pull', { incidents: [], custody: [] }))
  },
}
