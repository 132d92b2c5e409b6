import type { Input, LogRecord, Output } from '@belfry/protocol'
import type { Context, Invariant } from './invariant.ts'

/** What only messages bring. Whatever else is due may be done with any input. */
const OF_MESSAGES: ReadonlySet<LogRecord['record']> = new Set<LogRecord['record']>([
  'receipt-held',
  'publication-held',
  'trigger-offered',
  'vote-held',
  'broadcast-receipt',
  'evidence',
  'command-held',
  'command-noticed',
  'drill-reported',
  'foreign-held',
  'quarantined',
])

export const EPOCHS: Invariant = {
  name: 'epochs',
  sentence:
    'what was said under another lock is ignored: never rejected, never used (protocol.md: an unknown lock prefix is ignored; ' +
    'messages about a vault use its manifest\'s epoch)',
  watch: (context) => ({
    onStep(member, input, output) {
      if (input.kind !== 'frame' || !context.isHonest(member.index) || !isForeign(context, input)) return
      const wrong = whatIsWrong(output)
      if (wrong !== null) context.fail(`a frame of another lock from member ${input.peer} ${wrong}`, member.index)
    },
  }),
}

function isForeign({ frames, federation }: Context, { bytes }: Extract<Input, { kind: 'frame' }>): boolean {
  try {
    const { head } = frames.read(bytes)
    return head.lock_prefix !== federation.lock_prefix
  } catch {
    return false
  }
}

function whatIsWrong({ immediate, records }: Output): string | null {
  for (const effect of immediate) {
    if (effect.effect === 'verdict' && effect.verdict !== 'ignore') return `was not ignored: ${effect.code}`
  }
  const used = records.find(({ record }) => OF_MESSAGES.has(record))
  return used ? `was used: ${used.record}` : null
}
