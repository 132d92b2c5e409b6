import type { MemberIndex } from '@belfry/protocol/primitives'

/** Which way between two members is open. Each direction alone: a partition may be one-way. */
export class Links {
  readonly #cut = new Set<string>()

  isOpen(from: MemberIndex, to: MemberIndex): boolean {
    return !this.#cut.has(key(from, to))
  }

  /** Both ways closed: then the connection itself ends, and both sides notice. */
  isSevered(a: MemberIndex, b: MemberIndex): boolean {
    return !this.isOpen(a, b) && !this.isOpen(b, a)
  }

  cut(from: MemberIndex, to: MemberIndex): void {
    this.#cut.add(key(from, to))
  }

  open(from: MemberIndex, to: MemberIndex): void {
    this.#cut.delete(key(from, to))
  }
}

function key(from: MemberIndex, to: MemberIndex): string {
  return `${from}>${to}`
}
