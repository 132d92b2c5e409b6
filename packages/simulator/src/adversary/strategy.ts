import type { DurableEffect } from '@belfry/protocol'
import type { Tools } from './tools.ts'

/** One way of lying. What it leaves out is done as the honest program does it. */
export interface Strategy {
  readonly name: string
  /** Null: leaves the effect as it is. */
  readonly leaving?: (effect: DurableEffect, tools: Tools) => readonly DurableEffect[] | null
  readonly distort?: (share: Uint8Array, tools: Tools) => Uint8Array
  readonly passesOn?: (tools: Tools) => boolean
  /** Something of its own accord, every few seconds. */
  readonly act?: (tools: Tools) => void
}
