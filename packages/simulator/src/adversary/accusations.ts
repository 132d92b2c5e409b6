/** Lying about others: forged messages in their name, and evidence against them that is none. */
import { decodeBody, decodeFrame, decodeHeader, encodeFrame, signFrame } from '@belfry/protocol'
import type { BodyOf, Frame, Header } from '@belfry/protocol'
import { SchemaError } from '@belfry/protocol/primitives'
import type { Strategy } from './strategy.ts'
import type { Tools } from './tools.ts'

/** Numbers ahead of what a member said last. */
const AHEAD = 10

interface Captured {
  readonly frame: Frame
  readonly head: Header
}

/** What was captured stays for long, and is looked through each time. Null for what cannot be read. */
const alreadyRead = new WeakMap<Uint8Array, Captured | null>()

/** What others said, as far as it can be read. */
export function readable({ captured }: Tools): Captured[] {
  return captured.flatMap((bytes) => {
    const before = alreadyRead.get(bytes)
    const read = before === undefined ? readCaptured(bytes) : before
    alreadyRead.set(bytes, read)
    return read ?? []
  })
}

function readCaptured(bytes: Uint8Array): Captured | null {
  try {
    const frame = decodeFrame(bytes)
    return { frame, head: decodeHeader(frame.signed) }
  } catch {
    // Another liar's garbage, or a later version's.
    return null
  }
}

/** Votes in another's name and under the numbers that it will use next, so that the true ones look like old ones. */
export const preempt: Strategy = {
  name: 'preempt',
  act(tools) {
    const { random, member, federation } = tools
    const others = readable(tools).filter(({ head }) => head.from !== member.index)
    const [seen] = random.sample(others, 1)
    if (!seen) return
    const ofSame = others.filter(({ head: { from, boot } }) => from === seen.head.from && boot === seen.head.boot)
    const newest = Math.max(...ofSame.map(({ head }) => head.seq))
    for (let seq = newest + 1; seq <= newest + AHEAD; seq++) {
      const bytes = encodeFrame(signFrame(member.ports, federation.lock_hash, { ...seen.head, kind: 'vote', seq }))
      for (const to of tools.others) if (to !== seen.head.from) tools.send(to, bytes)
    }
  },
}

/** Two messages of one member that do not conflict, or of which one is not signed. */
export const forgedEvidence: Strategy = {
  name: 'forged-evidence',
  act(tools) {
    const { random, member } = tools
    const [one, other] = random.sample(readable(tools).filter(({ frame, head }) => head.from !== member.index && frame.signed.length < 2_000), 2)
    if (!one) return
    const { signed, signature } = one.frame
    const changed = encodeFrame(signFrame(member.ports, tools.federation.lock_hash, { ...one.head, sent_at: (one.head.sent_at + 1) as typeof one.head.sent_at }))
    const forged = decodeFrame(changed)
    const second = random.chance(0.5) && other ? other.frame : { signed: forged.signed, signature }
    tools.gossip(
      tools.sign('evidence', {
        member: one.head.from,
        conflict: random.pick(['number', 'slot'] as const),
        first: { signed, signature },
        second: { signed: second.signed, signature: second.signature },
      }),
    )
  },
}

/** Orders that no owner gave, under signatures that owners gave for others. */
export const forgedOrders: Strategy = {
  name: 'forged-orders',
  act(tools) {
    const known = readable(tools).filter(({ head, frame }) => head.kind === 'command' && frame.attachment !== null)
    const [one] = tools.random.sample(known, 1)
    const attachment = one?.frame.attachment
    if (!one || !attachment) return
    // One byte of it is other than what was signed.
    const at = tools.random.int(0, attachment.length - 1)
    const changed = attachment.map((byte, index) => (index === at ? byte ^ 1 : byte))
    const body = bodyOf(one.head.body)
    if (body !== null) tools.gossip(tools.sign('command', body, { attachment: changed }))
  },
}

/** Null for what another liar sent damaged. */
function bodyOf(bytes: Uint8Array): BodyOf<'command'> | null {
  try {
    return decodeBody('command', bytes)
  } catch (error) {
    if (error instanceof SchemaError) return null
    throw error
  }
}

