/**
 * Who goes first when there is more than one turn can take, and how much may wait. A flood of one class never takes the
 * room of another; within frames and requests, a flood from one peer never takes the room of another.
 */
export const INPUT_CLASSES = ['chain', 'outcome', 'frame', 'request', 'other'] as const

/** In this order: chain facts, outcomes of effects, frames of members, requests of owners, the rest (start, commands). */
export type InputClass = (typeof INPUT_CLASSES)[number]

/** Inputs of one source: for frames and requests the peer that handed them over, else always the same. */
export type Lane = number | string

export interface ClassLimits {
  /** Inputs that may wait per lane. */
  readonly lane_queue: number
  /** Bytes of payload that may wait per lane; an empty lane takes one input of any size. */
  readonly lane_bytes: number
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

const MIB = 1024 * 1024

export const LOOP_LIMITS: LoopLimits = {
  // At some 20 µs an input a full turn keeps the process from its sockets for 5 ms.
  turn_inputs: 256,
  turn_bytes: MIB,
  classes: {
    // 1,000 simultaneous thefts with their confirmations and the blocks around them.
    chain: { lane_queue: 4096, lane_bytes: 64 * MIB, lanes: 1, reserved: 64 },
    // The core bounds the effects that it has under way below this.
    outcome: { lane_queue: 4096, lane_bytes: 64 * MIB, lanes: 1, reserved: 64 },
    // 63 other members at most; each has room for what it says at once of 1,000 simultaneous thefts.
    frame: { lane_queue: 4096, lane_bytes: 2 * MIB, lanes: 64, reserved: 64 },
    // An enrolment takes up to 4 MiB; an owner waits for each answer.
    request: { lane_queue: 8, lane_bytes: 8 * MIB, lanes: 32, reserved: 8 },
    other: { lane_queue: 256, lane_bytes: MIB, lanes: 1, reserved: 16 },
  },
}
