import type { Millis } from '@belfry/protocol/primitives'
import type { Core, Output } from '../core.ts'
import { RuntimeError, type RuntimeErrorCode } from '../errors.ts'
import type { Clock, Rider } from '../ports.ts'
import { Alarm } from './alarm.ts'
import { type LoopCounters, type LoopStatus, newTally } from './counters.ts'
import { INPUT_CLASSES, type InputClass, LOOP_LIMITS, type Lane, type LoopLimits } from './input-class.ts'
import type { Effects, Inputs, LoopModules, LoopObserver, LoopOptions } from './modules.ts'
import { NO_RIDERS, type Offered, bytesOfRiders } from './offered.ts'
import { InputQueues, perClass } from './queues.ts'
import { Storage } from './storage.ts'
import { Synced } from './synced.ts'

/** Under a flood of what nobody waits for, each turn some milliseconds: what was recorded is on disk soon all the same. */
const MAX_PUT_OFF = 16
/** Chain facts share it. */
const RIDERS_LANE: Lane = 0

type Phase =
  | 'waiting' // for an input or the clock
  | 'scheduled' // a turn starts soon
  | 'stepping'
  | 'writing' // a batch or a snapshot is under way
  | 'performing' // durable effects
  | 'stopped'
  | 'failed'

/**
 * Orders everything that happens to one member. One turn takes the inputs that wait through the core and runs the immediate
 * effects at once; all its records are written in one synced batch, and only the batch's callback runs the durable effects.
 * Then the next turn. Records that no effect waits for are put off, to share the sync of those that come next.
 *
 * No turn runs while a batch is under way. Stepping ahead would be safe as long as effects waited for their own index, but
 * would gain nothing: what arrives meanwhile shares the next sync anyway, so throughput grows with load, and no effect
 * waits for more than two syncs. In return the state is never ahead of the disk by more than one batch.
 */
export class Loop<State, Durable, Input, LogRecord, AfterDurable, Immediate> {
  readonly #core: Core<State, Durable, Input, LogRecord, AfterDurable, Immediate>
  readonly #clock: Clock
  readonly #alarm: Alarm
  readonly #inputs: Inputs<Input>
  readonly #effects: Effects<AfterDurable, Immediate>
  readonly #observer: LoopObserver
  readonly #limits: LoopLimits
  readonly #storage: Storage<LogRecord, Durable>
  readonly #queues: InputQueues<Offered<Input>>
  readonly #state: State
  readonly #tally = newTally()

  #phase: Phase = 'waiting'
  /** Of the turn under way. */
  #effects_due: AfterDurable[] = []
  /** What the last step said. */
  #wake_at_ms: Millis | null = null
  /** Turns since the last write whose records wait. */
  #put_off = 0

  constructor(
    options: LoopOptions,
    modules: LoopModules<State, Durable, Input, LogRecord, AfterDurable, Immediate>,
  ) {
    this.#core = modules.core
    this.#clock = modules.clock
    this.#alarm = new Alarm(modules.clock, () => this.#wakeUp())
    this.#inputs = modules.inputs
    this.#effects = modules.effects
    this.#observer = modules.observer
    this.#limits = options.limits ?? LOOP_LIMITS
    const owner = {
      ended: () => this.#ended(),
      fail: (code: RuntimeErrorCode, message: string, cause: unknown) => void this.#fail(code, message, cause),
    }
    const { core, log, disk } = modules
    this.#storage = new Storage<LogRecord, Durable>({ core, log, disk, tally: this.#tally, owner }, options.snapshot_rule)
    this.#queues = new InputQueues<Offered<Input>>(this.#limits, ({ input, riders }) =>
      (input === null ? 0 : modules.inputs.bytesOf(input)) + bytesOfRiders(riders))
    this.#state = modules.core.restore(modules.log.durable)
  }

  /** To be read only, and between events: up to one batch of it may not be on disk yet. */
  get state(): State {
    return this.#state
  }

  get status(): LoopStatus {
    return this.#phase === 'failed' || this.#phase === 'stopped' ? this.#phase : 'running'
  }

  /**
   * Queues an input; it is stepped in a turn of its own time, never inside this call.
   * False when there is no room for its class and lane, or the loop has ended: it is dropped, and counted.
   * @param riders rows that are to be in the same synced batch as the records that the input causes, if it causes any
   */
  offer(input: Input, riders: readonly Rider[] = NO_RIDERS): boolean {
    return this.#enqueue(this.#inputs.classOf(input), this.#inputs.laneOf(input), { input, riders })
  }

  /** Queues rows alone, behind the chain facts offered so far: they are on disk no later than what is offered after. */
  offerRiders(riders: readonly Rider[]): boolean {
    return this.#enqueue('chain', RIDERS_LANE, { input: null, riders })
  }

  #enqueue(name: InputClass, lane: Lane, offered: Offered<Input>): boolean {
    if (this.#ended() || !this.#queues.push(name, lane, offered)) {
      this.#tally.refused[name]++
      return false
    }
    this.#wakeUp()
    return true
  }

  /**
   * Ends at once, as a crash would: what waits is dropped, and the effects of a write under way are left to the next start.
   * That is the only end there is, so it is always exercised.
   */
  stop(): void {
    if (!this.#ended()) this.#end('stopped')
  }

  counters(): LoopCounters {
    return {
      ...this.#tally,
      inputs: { ...this.#tally.inputs },
      refused: { ...this.#tally.refused },
      queued: perClass((name) => this.#queues.lengthOf(name)),
      durable_index: this.#storage.durable_index,
      status: this.status,
    }
  }

  #wakeUp(): void {
    if (this.#phase === 'waiting') this.#schedule()
  }

  #schedule(): void {
    this.#phase = 'scheduled'
    this.#clock.soon(this.#onSoon)
  }

  readonly #onSoon = (): void => {
    if (this.#phase === 'scheduled') this.#next()
  }

  /** Between turns: a snapshot where one is due, else a turn where there is something to do, else what was put off. */
  #next(): void {
    if (this.#storage.bytes === 0 && this.#storage.snapshot_due) this.#writeSnapshot()
    else if (this.#hasWork()) this.#turn()
    else if (this.#storage.bytes > 0) this.#writeBatch()
    else this.#rest()
  }

  #hasWork(): boolean {
    return this.#alarm.due || this.#queues.length > 0
  }

  #rest(): void {
    this.#phase = 'waiting'
    this.#observer.onIdle?.()
  }

  #turn(): void {
    this.#phase = 'stepping'
    this.#tally.turns++
    if (!this.#stepInputs() || !this.#stepTick()) return
    this.#alarm.set(this.#wake_at_ms)
    this.#endTurn()
  }

  /** False when the loop ended meanwhile. */
  #stepInputs(): boolean {
    let free = this.#limits.turn_inputs
    for (const name of INPUT_CLASSES) {
      let places = this.#queues.placesFor(name, free)
      free -= places
      for (; places > 0 && this.#storage.bytes < this.#limits.turn_bytes; places--) {
        const offered = this.#queues.shift(name)
        if (offered === undefined) break
        this.#tally.inputs[name]++
        if (!this.#take(offered)) return false
      }
    }
    return this.#stepAnswers(free)
  }

  /** What the effects of this turn answered at once needs no turn, and no sync, of its own. */
  #stepAnswers(free: number): boolean {
    for (; free > 0 && this.#storage.bytes < this.#limits.turn_bytes; free--) {
      const offered = this.#queues.shift('outcome')
      if (offered === undefined) break
      this.#tally.inputs.outcome++
      if (!this.#take(offered)) return false
    }
    return true
  }

  /** Last, so that what a deadline decides rests on every fact that this turn brought. Never queued, so never refused. */
  #stepTick(): boolean {
    const at_ms = this.#alarm.take()
    if (at_ms === null) return true
    this.#tally.ticks++
    return this.#step(this.#inputs.tick(at_ms))
  }

  #take({ input, riders }: Offered<Input>): boolean {
    this.#storage.addRiders(riders)
    return input === null || this.#step(input)
  }

  #step(input: Input): boolean {
    let output: Output<LogRecord, AfterDurable, Immediate>
    try {
      output = this.#core.step(this.#state, input)
      for (const record of output.records) this.#storage.add(record)
    } catch (cause) {
      return this.#fail('core-broken', 'the core threw', cause)
    }
    this.#tally.records += output.records.length
    this.#wake_at_ms = output.wake_at_ms
    for (const effect of output.afterDurable) this.#effects_due.push(effect)
    return this.#performImmediate(output.immediate)
  }

  #performImmediate(effects: readonly Immediate[]): boolean {
    for (const effect of effects) {
      this.#tally.effects_immediate++
      try {
        this.#effects.performImmediate(effect)
      } catch (cause) {
        return this.#fail('effect-threw', 'an immediate effect threw', cause)
      }
      if (this.#ended()) return false
    }
    return true
  }

  #endTurn(): void {
    if (this.#storage.bytes === 0) {
      // Every record so far is on disk already.
      this.#afterTurn()
    } else if (this.#mayPutOff()) {
      this.#put_off++
      this.#schedule()
    } else {
      this.#writeBatch()
    }
  }

  #mayPutOff(): boolean {
    const isSmall = this.#storage.bytes < this.#limits.turn_bytes && !this.#storage.snapshot_due
    return isSmall && this.#effects_due.length === 0 && this.#put_off < MAX_PUT_OFF
  }

  #writeBatch(): void {
    this.#put_off = 0
    this.#phase = 'writing'
    this.#storage.writeBatch(() => {
      if (this.#performDurable()) this.#next()
    })
  }

  #afterTurn(): void {
    if (!this.#performDurable()) return
    // Not at once: inputs that cause no records would otherwise keep the process from its sockets.
    if (this.#hasWork()) this.#schedule()
    else this.#rest()
  }

  #performDurable(): boolean {
    if (this.#effects_due.length === 0) return true
    this.#phase = 'performing'
    const effects = this.#effects_due
    this.#effects_due = []
    for (const effect of effects) {
      this.#tally.effects_after_durable++
      try {
        this.#effects.performDurable(new Synced(effect, this.#storage.durable_index))
      } catch (cause) {
        return this.#fail('effect-threw', 'a durable effect threw', cause)
      }
      if (this.#ended()) return false
    }
    return true
  }

  #writeSnapshot(): void {
    this.#phase = 'writing'
    this.#storage.writeSnapshot(
      () => this.#core.durableOf(this.#state),
      () => this.#next(),
    )
  }

  // A method, for TypeScript does not see that a call in between may have changed the phase.
  #ended(): boolean {
    return this.#phase === 'failed' || this.#phase === 'stopped'
  }

  /** Returns false, for the steps above. */
  #fail(code: RuntimeErrorCode, message: string, cause: unknown): false {
    if (this.#ended()) return false
    this.#end('failed')
    this.#observer.onFatal(new RuntimeError(code, message, { cause }))
    return false
  }

  #end(phase: 'stopped' | 'failed'): void {
    this.#phase = phase
    this.#queues.clear()
    this.#effects_due = []
    this.#alarm.stop()
  }
}
