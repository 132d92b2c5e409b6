/**
 * Where a command's words go. Results: standard output, for people or, with --json, as one object. Progress and logs:
 * standard error, always.
 */
import type { Failure } from '../errors.ts'
import { type Style, fitToPrint, plain, styleFor } from './style.ts'

/** JSON without bigint: amounts are integers of satoshis below 2^53. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

/** What a command found or did: the same in words and in JSON. */
export interface Report {
  readonly result: Json
  /** Lines without line ends. */
  readonly human: (style: Style) => readonly string[]
}

export interface Writable {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface OutputInit {
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: NodeJS.ProcessEnv
  readonly json: boolean
}

export class Output {
  /** Whether results go out as JSON. */
  readonly json: boolean
  /** For lines that a streaming command writes to standard output. */
  readonly style: Style
  readonly #stdout: Writable
  readonly #stderr: Writable
  readonly #stderrStyle: Style
  /** A counter that is being redrawn, without its line end. */
  #drawn = false

  constructor({ stdout, stderr, env, json }: OutputInit) {
    this.json = json
    this.style = json ? plain : styleFor(stdout, env)
    this.#stdout = stdout
    this.#stderr = stderr
    this.#stderrStyle = styleFor(stderr, env)
  }

  report({ result, human }: Report): void {
    this.#endDrawing()
    if (this.json) this.#stdout.write(`${JSON.stringify({ ok: true, result })}\n`)
    else for (const line of human(this.style)) this.#stdout.write(`${fitToPrint(line)}\n`)
  }

  fail({ code, message, remedy, details }: Failure): void {
    this.#endDrawing()
    for (const line of details) this.#stderr.write(`${fitToPrint(line)}\n`)
    if (this.json) {
      this.#stdout.write(`${JSON.stringify({ ok: false, error: { code, message, remedy } })}\n`)
      return
    }
    this.#stderr.write(`${this.#stderrStyle('red', 'error')}: ${fitToPrint(message)}\n`)
    this.#stderr.write(`${this.#stderrStyle('dim', '→')} ${fitToPrint(remedy)}\n`)
  }

  /** One object of a stream (`demo --json`): `event`, `at_ms` and what belongs to it. */
  event(event: string, at_ms: number, fields: { readonly [name: string]: Json } = {}): void {
    this.#stdout.write(`${JSON.stringify({ event, at_ms, ...fields })}\n`)
  }

  /** A line of a stream for people; nothing with --json. */
  line(text: string): void {
    if (this.json) return
    this.#endDrawing()
    this.#stdout.write(`${fitToPrint(text)}\n`)
  }

  /** A step of long work, on one line. */
  progress(text: string): void {
    this.#endDrawing()
    this.#stderr.write(`${this.#stderrStyle('dim', fitToPrint(text))}\n`)
  }

  /** Something that must not be overlooked. */
  warn(text: string): void {
    this.#endDrawing()
    this.#stderr.write(`${this.#stderrStyle('yellow', 'warning')}: ${fitToPrint(text)}\n`)
  }

  /** Redrawn in place on a terminal; elsewhere only its end is written, so that no log fills with it. */
  count(what: string, done: number, of: number): void {
    const text = `${what}: ${done} of ${of}`
    if (this.#stderr.isTTY === true) {
      this.#stderr.write(`\r${this.#stderrStyle('dim', text)}`)
      this.#drawn = true
      if (done >= of) this.#endDrawing()
    } else if (done >= of) {
      this.#stderr.write(`${text}\n`)
    }
  }

  #endDrawing(): void {
    if (!this.#drawn) return
    this.#drawn = false
    this.#stderr.write('\n')
  }
}
