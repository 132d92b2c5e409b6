/** What happens when, in the order of (time, sequence): of two things at one time the one scheduled first comes first. */
export interface Scheduled {
  readonly at_ms: number
  readonly sequence: number
  readonly run: () => void
}

export class Heap {
  readonly #items: Scheduled[] = []

  get size(): number {
    return this.#items.length
  }

  push(item: Scheduled): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = items[up]
      if (parent === undefined || !isBefore(item, parent)) break
      items[at] = parent
      at = up
    }
    items[at] = item
  }

  pop(): Scheduled | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (last !== undefined && items.length > 0) this.#sink(last)
    return first
  }

  #sink(item: Scheduled): void {
    const items = this.#items
    let at = 0
    for (;;) {
      const left = items[2 * at + 1]
      const right = items[2 * at + 2]
      if (left === undefined) break
      const isRight = right !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (!isBefore(child, item)) break
      items[at] = child
      at = 2 * at + (isRight ? 2 : 1)
    }
    items[at] = item
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.at_ms < b.at_ms || (a.at_ms === b.at_ms && a.sequence < b.sequence)
}
