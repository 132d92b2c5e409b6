/** On stderr, for stdout belongs to the result: a line that changes on a terminal, and now and then a line elsewhere. */
const BETWEEN_LINES_MS = 5_000

export class Progress {
  readonly #is_terminal = process.stderr.isTTY
  #shown = ''
  #last_ms = performance.now()

  show(text: string): void {
    if (!this.#is_terminal) {
      if (performance.now() - this.#last_ms < BETWEEN_LINES_MS) return
      this.#last_ms = performance.now()
      process.stderr.write(`${text}\n`)
      return
    }
    process.stderr.write(`\r${text.padEnd(this.#shown.length)}`)
    this.#shown = text
  }

  /** What stays. */
  say(text: string): void {
    this.end()
    process.stderr.write(text)
  }

  end(): void {
    if (this.#is_terminal && this.#shown !== '') process.stderr.write(`\r${' '.repeat(this.#shown.length)}\r`)
    this.#shown = ''
  }
}
