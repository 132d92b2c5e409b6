/** The publisher, as its parent has it. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { monotonic_ms } from '../../reaction/clock.ts'
import type { Command, Hit, Report } from './messages.ts'

/** Whoever hears the publisher. */
export interface Listener {
  /** Messages taken since it was made, of both topics. */
  readonly messages: number
  /** Whether it hears both topics. */
  readonly isLive: boolean
}

export interface Run {
  readonly sent: Extract<Report, { kind: 'sent' }>
  /** From the first message published to the last taken. */
  readonly took_ms: number
  /** Of this process, over that time: parts of a core. */
  readonly cores: number
}

/** Until ZMQ has connected, what is published is lost. */
const KNOCK_MS = 20
const LIVE_LIMIT_MS = 30_000
const RUN_LIMIT_MS = 120_000
/** What has not come by then is lost. */
const STILL_LIMIT_MS = 5_000
/** Of one run at full speed: short against the time in which a window is taken. */
const TAKEN_STEP_MS = 1
/** Where nobody waits to be told: it would be measured with the rest. */
const WATCH_STEP_MS = 20
/** A transaction's bytes and its acceptance. */
const MESSAGES_EACH = 2

export class Publication implements AsyncDisposable {
  readonly rawtx: string
  readonly sequence: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, { rawtx, sequence }: Extract<Report, { kind: 'bound' }>) {
    this.#child = child
    this.rawtx = rawtx
    this.sequence = sequence
  }

  /** @param blocks a folder with real blocks, whose transactions it takes */
  static async start(blocks: string | null): Promise<Publication> {
    const path = fileURLToPath(new URL('publisher.ts', import.meta.url))
    const child = fork(path, blocks === null ? [] : [blocks], { serialization: 'advanced' })
    return new Publication(child, await told(child, 'bound', LIVE_LIMIT_MS))
  }

  /** Until both topics are heard. */
  async untilHeard(listener: Listener): Promise<void> {
    const end_ms = monotonic_ms() + LIVE_LIMIT_MS
    while (!listener.isLive) {
      if (monotonic_ms() > end_ms) throw new Error('the publisher is not heard')
      this.#say({ kind: 'knock' })
      await sleep(KNOCK_MS)
    }
  }

  /** To be found among what the next run publishes. */
  async prepare(hits: readonly Hit[]): Promise<void> {
    const prepared = told(this.#child, 'prepared', LIVE_LIMIT_MS)
    this.#say({ kind: 'prepare', hits })
    await prepared
  }

  /** Until all was taken. @throws Error where it is not: messages were lost */
  async run(listener: Listener, { count, rate }: { count: number; rate: number | null }): Promise<Run> {
    const before = listener.messages
    const cpuBefore = process.cpuUsage()
    const sent = told(this.#child, 'sent', RUN_LIMIT_MS)
    // One that has ended is found out below.
    sent.catch(() => undefined)
    this.#say({ kind: 'run', count, rate })
    let still_ms = monotonic_ms()
    for (let last = 0; ;) {
      await sleep(rate === null ? TAKEN_STEP_MS : WATCH_STEP_MS)
      const taken = Math.floor((listener.messages - before) / MESSAGES_EACH)
      if (taken >= count) break
      if (taken > last) still_ms = monotonic_ms()
      else if (monotonic_ms() > still_ms + STILL_LIMIT_MS) throw new Error(`of ${count} transactions published ${taken} came`)
      last = taken
      if (rate === null) this.#say({ kind: 'taken', count: taken })
    }
    const ended_ms = monotonic_ms()
    const { user, system } = process.cpuUsage(cpuBefore)
    const report = await sent
    const took_ms = ended_ms - report.started_ms
    return { sent: report, took_ms, cores: (user + system) / 1_000 / took_ms }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    await ended
  }

  #say(command: Command): void {
    // One that has ended takes nothing, and is found out by its silence.
    if (this.#child.connected) this.#child.send(command, () => {})
  }
}

async function told<K extends Report['kind']>(child: ChildProcess, kind: K, limit_ms: number): Promise<Extract<Report, { kind: K }>> {
  const { promise, resolve, reject } = Promise.withResolvers<Extract<Report, { kind: K }>>()
  const onMessage = (report: Report): void => {
    if (isOf(report, kind)) resolve(report)
  }
  const onExit = (): void => reject(new Error('the publisher ended'))
  const tooLong = setTimeout(() => reject(new Error(`the publisher says nothing for ${limit_ms} ms`)), limit_ms)
  child.on('message', onMessage).once('exit', onExit)
  try {
    return await promise
  } finally {
    clearTimeout(tooLong)
    child.off('message', onMessage).off('exit', onExit)
  }
}

function isOf<K extends Report['kind']>(report: Report, kind: K): report is Extract<Report, { kind: K }> {
  return report.kind === kind
}
