/** One thing watched, in words and in JSON. */
import type { WatchView } from '@belfry/node'
import { type JsonObject, type Style, list, utc } from '../../output/index.ts'

/** Enough to know a descriptor by; --json has all of it. */
const MAX_SHOWN_CHARS = 160

export function describeWatch(view: WatchView, style: Style): string[] {
  const { watch_id, label, kind, what, first_address, added_at } = view
  return [
    `${style('bold', watch_id)}${label === '' ? '' : `  ${label}`}`,
    ...list([
      [`  ${kind}`, what.length > MAX_SHOWN_CHARS ? `${what.slice(0, MAX_SHOWN_CHARS)}…` : what],
      ...(first_address === null || kind === 'address' ? [] : [['  first address', first_address] as const]),
      ...growth(view, style),
      ['  searched', searched(view, style)],
      ['  added', utc(Date.parse(added_at))],
    ]),
  ]
}

function growth({ gap_limit, branches, full }: WatchView, style: Style): (readonly [string, string])[] {
  if (gap_limit === null) return []
  const parts = branches.map(({ next_index, watched }) => `${next_index} paid of ${watched} watched`)
  const limit = full ? style('red', '; FULL: what is paid further on is not seen') : ''
  return [['  indexes', `${parts.join(', ')}; gap limit ${gap_limit}${limit}`]]
}

function searched({ birth_height, scan }: WatchView, style: Style): string {
  const { state, height, of_height, percent, unseen_below } = scan
  const from = birth_height === null ? 'nothing of the past was asked for' : `from block ${birth_height}`
  const missing =
    unseen_below === null ? '' : style('red', `; blocks below ${unseen_below} could not be had, and were not searched`)
  switch (state) {
    case 'waiting':
      return `${from}; the node has not started with it yet`
    case 'done':
      return `${from}; all is seen${missing}`
    case 'running':
      return style('yellow', `${from}: ${Math.max(height ?? 0, 0)} of ${of_height ?? 0} (${percent ?? 0} %)`) + missing
  }
}

export function jsonOf(view: WatchView): JsonObject {
  return { ...view, branches: view.branches.map((branch) => ({ ...branch })), scan: { ...view.scan } }
}
