import type { DurableEffect } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'

/** In what a corrupted member differs from the honest program that it also runs. */
export interface Behaviour {
  /** What it does in place of a durable effect. */
  leaving(effect: DurableEffect): readonly DurableEffect[]
  distort(share: Uint8Array): Uint8Array
  passesOn(): boolean
  onFrame(peer: MemberIndex, bytes: Uint8Array): void
}

export const HONEST: Behaviour = {
  leaving: (effect) => [effect],
  distort: (share) => share,
  passesOn: () => true,
  onFrame: () => {},
}
