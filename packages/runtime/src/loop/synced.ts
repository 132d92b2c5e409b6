import type { LogIndex } from '../log/entry.ts'

/**
 * An effect whose records are on disk. What may leave the process only then (a signature, a share, a transaction) is taken
 * by the shell in this form alone. Nobody can make one early: the protected member makes the type nominal, and the package
 * exports the type without the class; the loop makes it in the callback of the synced write.
 */
export class Synced<Effect> {
  declare protected readonly made_by_the_loop: true
  readonly effect: Effect
  /** The log is on disk up to here. */
  readonly durable_index: LogIndex

  constructor(effect: Effect, durable_index: LogIndex) {
    this.effect = effect
    this.durable_index = durable_index
  }
}
