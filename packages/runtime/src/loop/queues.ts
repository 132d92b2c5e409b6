import { INPUT_CLASSES, type ClassLimits, type InputClass, type Lane, type LoopLimits } from './input-class.ts'
import { Ring } from './ring.ts'

interface Waiting<Input> {
  readonly inputs: Ring<Input>
  bytes: number
}

/** One class's inputs: a bounded queue per lane, emptied in turns. */
export class ClassQueue<Input> {
  readonly #limits: ClassLimits
  readonly #bytesOf: (input: Input) => number
  readonly #lanes = new Map<Lane, Waiting<Input>>()
  /** Lanes with something waiting, the next to be served first; each once. */
  readonly #order: Ring<Waiting<Input>>
  #length = 0

  constructor(limits: ClassLimits, bytesOf: (input: Input) => number) {
    this.#limits = limits
    this.#bytesOf = bytesOf
    this.#order = new Ring(limits.lanes)
  }

  get length(): number {
    return this.#length
  }

  push(name: Lane, input: Input): boolean {
    const lane = this.#lanes.get(name) ?? this.#openLane(name)
    if (lane === null) return false
    const bytes = lane.bytes + this.#bytesOf(input)
    if (lane.inputs.length > 0 && bytes > this.#limits.lane_bytes) return false
    if (!lane.inputs.push(input)) return false
    lane.bytes = bytes
    if (lane.inputs.length === 1) this.#order.push(lane)
    this.#length++
    return true
  }

  shift(): Input | undefined {
    const lane = this.#order.shift()
    const input = lane?.inputs.shift()
    if (lane === undefined || input === undefined) return undefined
    lane.bytes -= this.#bytesOf(input)
    if (lane.inputs.length > 0) this.#order.push(lane)
    this.#length--
    return input
  }

  clear(): void {
    this.#lanes.clear()
    while (this.#order.shift() !== undefined);
    this.#length = 0
  }

  /** Lanes are kept when they run empty, for they soon fill again, until there is no room for another. */
  #openLane(name: Lane): Waiting<Input> | null {
    if (this.#lanes.size >= this.#limits.lanes) {
      if (this.#order.length >= this.#limits.lanes) return null
      for (const [each, { inputs }] of this.#lanes) if (inputs.length === 0) this.#lanes.delete(each)
    }
    const lane = { inputs: new Ring<Input>(this.#limits.lane_queue), bytes: 0 }
    this.#lanes.set(name, lane)
    return lane
  }
}

/** All classes, and how a turn's places are shared among them. */
export class InputQueues<Input> {
  readonly #limits: LoopLimits
  readonly #queues: Readonly<Record<InputClass, ClassQueue<Input>>>
  #length = 0

  constructor(limits: LoopLimits, bytesOf: (input: Input) => number) {
    this.#limits = limits
    this.#queues = perClass((name) => new ClassQueue<Input>(limits.classes[name], bytesOf))
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
  return {
    chain: make('chain'),
    outcome: make('outcome'),
    frame: make('frame'),
    request: make('request'),
    other: make('other'),
  }
}
