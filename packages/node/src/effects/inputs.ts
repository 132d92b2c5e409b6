/** How the loop sorts the core's inputs: each class has room that no other takes, and each peer room within its class. */
import type { Input } from '@belfry/protocol'
import type { InputClass, Inputs, Lane } from '@belfry/runtime'

export const coreInputs: Inputs<Input> = {
  classOf(input): InputClass {
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
  laneOf(input): Lane {
    if (input.kind === 'frame') return input.peer
    return input.kind === 'request' ? input.peer_id : 0
  },
  bytesOf: (input) => ('bytes' in input ? input.bytes.length : 0),
  tick: (at_ms) => ({ kind: 'tick', at_ms }),
}
