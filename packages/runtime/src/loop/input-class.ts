/**
 * Who goes first when there is more than one turn can take, and how much may wait. A flood of one class never takes the
 * room of another; within frames, a flood from one peer never takes the room of another.
 */
export const INPUT_CLASSES = ['chain', 'outcome', 'frame', 'other'] as const

/** In this order: chain facts, outcomes of effects, frames of peers, the rest (start, commands). */
export type InputClass = (typeof INPUT_CLASSES)[number]

/** Inputs of one source (for frames: the peer that handed it over). */
export type Lane = number | string

export interface ClassLimits {
  /** Inputs that may wait per lane. */
  readonly lane_queue: number
  /** Lanes with something waiting. */
  readonly lanes: number
  /** Places of a turn that no class before this one may take. */
  readonly reserved: number
}

export interface LoopLimits {
  /** Inputs per turn, the tick not counted. */
  readonly turn_inputs: number
  /** A turn takes no further input once its records have this many bytes, so that one batch stays small. */
  readonly turn_bytes: number
  readonly classes: Readonly<Record<InputClass, ClassLimits>>
}

export const LOOP_LIMITS: LoopLimits = {
  // At some 20 µs an input a full turn keeps the process from its sockets for 5 ms.
  turn_inputs: 256,
  turn_bytes: 1024 * 1024,
  classes: {
    // 1,000 simultaneous thefts with their confirmations and the blocks around them.
    chain: { lane_queue: 4096, lanes: 1, reserved: 64 },
    // The core bounds the effects that it has under way below this.
    outcome: { lane_queue: 4096, lanes: 1, reserved: 64 },
    // 63 other members and as many owners; a peer's share exceeds what its budget lets it send in the time of one sync.
    frame: { lane_queue: 512, lanes: 128, reserved: 64 },
    other: { lane_queue: 256, lanes: 1, reserved: 16 },
  },
}
