import type { Input } from '@belfry/protocol'
import type { Inputs } from '@belfry/runtime'

/** As the node sorts them (packages/node, effects/inputs.ts). */
export const coreInputs: Inputs<Input> = {
  classOf(input) {
    switch (input.kind) {
      case 'chain':
      case 'outcome':
      case 'frame':
      case 'request':
        return input.kind
      default:
        return 'other'
    }
  },
  laneOf(input) {
    if (input.kind === 'frame') return input.peer
    return input.kind === 'request' ? input.peer_id : 0
  },
  bytesOf: (input) => ('bytes' in input ? input.bytes.length : 0),
  tick: (at_ms) => ({ kind: 'tick', at_ms }),
}
