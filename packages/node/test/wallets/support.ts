import type { Height, Millis } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import { type DescriptorReader, loadDescriptors } from '@belfry/vault'
import type { StoredRow } from '../../src/store/index.ts'
import { type ReadRequest, type WatchRequest, readRequest } from '../../src/wallets/request.ts'
import type { Watch } from '../../src/wallets/watch.ts'

export const TPUB =
  'tpubDCdxmvzJ5QBjTN8oCjjyT2V58AyZvA1fkmCeZRC75QMoaHcVP2m45Bv3hmnR7ttAwkb2UNYyoXdHVt4gwBqRrJqLUU2JrM43HippxiWpHra'
export const OTHER_TPUB =
  'tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJCTKvosUCJZL5B'
export const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
export const OUTPOINT = `${'ab'.repeat(32)}:1`
export const NOW = 1_790_000_000_000 as Millis

let loaded: Promise<DescriptorReader> | null = null

export function reader(): Promise<DescriptorReader> {
  loaded ??= loadDescriptors()
  return loaded
}

export async function read(
  kind: WatchRequest['subject']['kind'],
  text: string,
  more: Partial<Omit<WatchRequest, 'subject'>> = {},
): Promise<ReadRequest> {
  const subject = kind === 'xpub' ? { kind, text, script: null } : { kind, text }
  const request = { subject, label: '', birth_height: null, gap_limit: null, ...more }
  return readRequest(request, 'regtest', await reader(), NOW)
}

export async function watchOf(text: string, more: Partial<Omit<WatchRequest, 'subject'>> = {}): Promise<Watch> {
  return (await read('descriptor', text, more)).watch
}

export function height(value: number): Height {
  return value as Height
}

/** Rows in memory, written whole or not at all. */
export class Rows {
  readonly #rows = new Map<string, StoredRow>()

  write(riders: readonly Rider[]): void {
    for (const { key, value } of riders) {
      const name = Buffer.from(key).toString('hex')
      if (value === null) this.#rows.delete(name)
      else this.#rows.set(name, { key, value })
    }
  }

  async *rows(): AsyncGenerator<StoredRow, void, undefined> {
    yield* [...this.#rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  }
}
