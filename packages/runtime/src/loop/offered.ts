import type { Rider } from '../ports.ts'

/** What waits in the loop's queues: an input, with the rows that are to be on disk with its records; or such rows alone. */
export interface Offered<Input> {
  readonly input: Input | null
  readonly riders: readonly Rider[]
}

export const NO_RIDERS: readonly Rider[] = []

export function bytesOfRiders(riders: readonly Rider[]): number {
  return riders.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0)
}

/** The riders of the batch that is being gathered. */
export class RiderBatch {
  #riders: Rider[] = []
  #bytes = 0

  /** Never 0 while there is a rider: its key has bytes. */
  get bytes(): number {
    return this.#bytes
  }

  add(riders: readonly Rider[]): void {
    for (const rider of riders) this.#riders.push(rider)
    this.#bytes += bytesOfRiders(riders)
  }

  /** Those added since the last call. */
  take(): readonly Rider[] {
    const taken = this.#riders
    this.#riders = []
    this.#bytes = 0
    return taken
  }
}
