import { INPUT_CLASSES, type ClassLimits, type InputClass, type Lane, type LoopLimits } from './input-class.ts'
import { Ring } from './ring.ts'

/** One class's inputs: a bounded queue per lane, emptied in turns. */
export class ClassQueue<Input> {
  readonly #limits: ClassLimits
  readonly #lanes = new Map<Lane, Ring<Input>>()
  /** Lanes with something waiting, the next to be served first; each once. */
  readonly #waiting: Ring<Ring<Input>>
  #length = 0

  constructor(limits: ClassLimits) {
    this.#limits = limits
    this.#waiting = new Ring(limits.lanes)
  }

  get length(): number {
    return this.#length
  }

  push(lane: Lane, input: Input): boolean {
    const queue = this.#lanes.get(lane) ?? this.#openLane(lane)
    if (queue === null || !queue.push(input)) return false
    if (queue.length === 1) this.#waiting.push(queue)
    this.#length++
    return true
  }

  shift(): Input | undefined {
    const queue = this.#waiting.shift()
    if (queue === undefined) return undefined
    const input = queue.shift()
    if (queue.length > 0) this.#waiting.push(queue)
    this.#length--
    return input
  }

  clear(): void {
    this.#lanes.clear()
    while (this.#waiting.shift() !== undefined);
    this.#length = 0
  }

  /** Lanes are kept when they run empty, for they soon fill again, until there is no room for another. */
  #openLane(lane: Lane): Ring<Input> | null {
    if (this.#lanes.size >= this.#limits.lanes) {
      if (this.#waiting.length >= this.#limits.lanes) return null
      for (const [key, queue] of this.#lanes) if (queue.length === 0) this.#lanes.delete(key)
    }
    const queue = new Ring<Input>(this.#limits.lane_queue)
    this.#lanes.set(lane, queue)
    return queue
  }
}

/** All classes, and how a turn's places are shared among them. */
export class InputQueues<Input> {
  readonly #limits: LoopLimits
  readonly #queues: Readonly<Record<InputClass, ClassQueue<Input>>>
  #length = 0

  constructor(limits: LoopLimits) {
    this.#limits = limits
    this.#queues = perClass((name) => new ClassQueue<Input>(limits.classes[name]))
  }

  get length(): number {
    return this.#length
  }

  lengthOf(name: InputClass): number {
    return this.#queues[name].length
  }

  push(name: InputClass, lane: Lane, input: Input): boolean {
    if (!this.#queues[name].push(lane, input)) return false
    this.#length++
    return true
  }

  shift(name: InputClass): Input | undefined {
    const input = this.#queues[name].shift()
    if (input !== undefined) this.#length--
    return input
  }

  /** How many of `free` places the class may take: what waits, less what the classes after it have reserved. */
  placesFor(name: InputClass, free: number): number {
    let reserved = 0
    for (let i = INPUT_CLASSES.indexOf(name) + 1; i < INPUT_CLASSES.length; i++) {
      const later = INPUT_CLASSES[i]
      if (later !== undefined) reserved += Math.min(this.lengthOf(later), this.#limits.classes[later].reserved)
    }
    return Math.max(0, Math.min(this.lengthOf(name), free - reserved))
  }

  clear(): void {
    for (const name of INPUT_CLASSES) this.#queues[name].clear()
    this.#length = 0
  }
}

export function perClass<T>(make: (name: InputClass) => T): Record<InputClass, T> {
  return { chain: make('chain'), outcome: make('outcome'), frame: make('frame'), other: make('other') }
}
