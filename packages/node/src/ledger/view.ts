/** A sign-once ledger for people: what was signed, and what is in doubt. */
import { type Durable, type QuarantineReason, decodeFrame, decodeHeader } from '@belfry/protocol'
import { utc } from '../views/units.ts'

const LAST_SLOTS = 10

export interface LedgerView {
  /** Null where the node was never started with a lock. */
  readonly epoch: number | null
  /** The number of its last start: the time in seconds, or one above the last. */
  readonly boot: number
  readonly height: number | null
  readonly entries: number
  /** Slots signed for, by kind. */
  readonly kinds: Readonly<Record<string, number>>
  /** Drills that were signed for and forgotten: of each its incident and its command. */
  readonly forgotten: number
  /** The last that were signed for, the newest first. */
  readonly last: readonly SignedView[]
  readonly quarantine: QuarantineView | null
}

export interface QuarantineView {
  readonly reason: QuarantineReason
  readonly since: string
  /** The highest start number in what was found. */
  readonly boot_seen: number
  /** Signed with this member's key, and not known to its ledger. */
  readonly found: readonly SignedView[]
}

export interface SignedView {
  /** Null for a message that binds to nothing. */
  readonly slot: string | null
  readonly kind: string
  readonly boot: number
  readonly seq: number
  readonly signed_at: string
}

export function ledgerView(epoch: number | null, { boot, position, ledger, tombstones, quarantine }: Durable): LedgerView {
  const kinds: Record<string, number> = {}
  for (const slot of ledger.keys()) {
    const kind = slot.slice(0, slot.indexOf('/'))
    kinds[kind] = (kinds[kind] ?? 0) + 1
  }
  return {
    epoch,
    boot,
    height: position?.height ?? null,
    entries: ledger.size,
    kinds,
    forgotten: tombstones.size,
    last: newest(ledger),
    quarantine: quarantine && {
      reason: quarantine.reason,
      since: utc(quarantine.at_ms),
      boot_seen: quarantine.boot,
      found: quarantine.statements.map(({ slot, frame }) => signedView(slot, frame)),
    },
  }
}

/** By height, then by number: only those of the last heights are decoded. */
function newest(ledger: Durable['ledger']): SignedView[] {
  const byHeight = [...ledger].toSorted(([, a], [, b]) => (b.height ?? 0) - (a.height ?? 0))
  const least = byHeight.at(LAST_SLOTS - 1)?.[1].height ?? 0
  return byHeight
    .filter(([, { height }]) => (height ?? 0) >= least)
    .map(([slot, { frame }]) => signedView(slot, frame))
    .toSorted((a, b) => b.boot - a.boot || b.seq - a.seq)
    .slice(0, LAST_SLOTS)
}

function signedView(slot: string | null, frame: Uint8Array): SignedView {
  const { kind, boot, seq, sent_at } = decodeHeader(decodeFrame(frame).signed)
  return { slot, kind, boot, seq, signed_at: utc(sent_at) }
}
