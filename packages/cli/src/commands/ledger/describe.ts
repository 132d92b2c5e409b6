import type { LedgerView, QuarantineView, SignedView } from '@belfry/node'
import { type JsonObject, type Style, count, list, short } from '../../output/index.ts'

const REASONS: Readonly<Record<QuarantineView['reason'], string>> = {
  'second-instance': 'somebody else signs with the key of this node',
  'unknown-statement': 'other members hold something that this node signed and does not know of',
  restored: 'the data directory was put back from a copy',
}

export function jsonOf({ kinds, last, quarantine, ...rest }: LedgerView): JsonObject {
  return {
    ...rest,
    kinds: { ...kinds },
    last: last.map((one) => ({ ...one })),
    quarantine: quarantine && { ...quarantine, found: quarantine.found.map((one) => ({ ...one })) },
  }
}

export function describeLedger(view: LedgerView, style: Style): string[] {
  const { epoch, boot, height, entries, kinds, forgotten, last, quarantine } = view
  return [
    ...(epoch === null ? [] : [style('bold', `Epoch ${epoch}`)]),
    ...list([
      ['last start', String(boot)],
      ['chain', height === null ? 'no block yet' : `block ${height}`],
      ['signed for', entries === 0 ? 'nothing' : `${count(entries, 'slot')}: ${Object.entries(kinds).map(([kind, many]) => `${many} ${kind}`).join(', ')}`],
      ...(forgotten === 0 ? [] : [['forgotten', `${forgotten} names of old drills`] as const]),
    ]),
    ...(last.length === 0 ? [] : ['last signed', ...last.map((one) => `  ${signedInWords(one)}`)]),
    ...(quarantine === null ? [style('green', 'not in quarantine')] : describeQuarantine(quarantine, style)),
  ]
}

export function describeQuarantine({ reason, since, found }: QuarantineView, style: Style): string[] {
  return [
    `${style('red', 'in quarantine')} since ${since}: ${REASONS[reason]}`,
    found.length === 0
      ? '  The other members have shown nothing that this node does not know of.'
      : `  ${count(found.length, 'message')} signed with its key that it does not know of:`,
    ...found.map((one) => `    ${signedInWords(one)}`),
  ]
}

function signedInWords({ slot, kind, boot, seq, signed_at }: SignedView): string {
  const number = `start ${boot}, message ${seq}, ${signed_at}`
  return slot === null ? `${kind}, which binds to nothing (${number})` : `${slotInWords(slot)} (${number})`
}

/** The table of slots is the protocol's: kind, lock, and what tells one from another. */
export function slotInWords(slot: string): string {
  const [kind, , what = '', ...rest] = slot.split('/')
  switch (kind) {
    case 'vote':
      return `vote for ${rest[0] ?? ''} at block ${rest[1] ?? ''}, incident ${short(what)}`
    case 'release':
      return `release of a share to member ${rest[1] ?? ''}, incident ${short(what)}, envelope ${short(rest[0] ?? '')}`
    case 'receipt':
      return `receipt for manifest ${short(what)}`
    case 'command':
      return `notice of order ${short(what)}`
    case 'drill':
      return `report of drill ${short(what)}`
    case 'destroyed':
      return `receipt for the destruction of vault ${short(what)}`
    default:
      return slot
  }
}
