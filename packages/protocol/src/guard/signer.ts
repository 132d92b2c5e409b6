/**
 * The second check on what this member signs, behind the port that signs and independent of the code that asks: it is handed
 * the message itself, reads it again, and finds out alone which slot it uses up. Whatever bug or damage made the first check
 * (ledger.ts) let a message through, this one ends the process instead of signing it.
 */
import type { Hasher, Signer } from '../crypto/index.ts'
import { lockPrefix } from '../federation/lock.ts'
import { type Header, decodeHeader, signingDigest } from '../messages/frame.ts'
import { type MemberKind, decodeBody, isMemberKind } from '../messages/kinds.ts'
import { InvariantError, type LockHash, type MemberIndex } from '../primitives/index.ts'
import { type Durable, MAX_LEDGER } from '../state/durable.ts'
import { type Slot, slotOf } from './slots.ts'

/** The ledger forgets the slots of old drills; while the process runs, this does not. */
const MAX_GUARDED = 2 * MAX_LEDGER

export type GuardCode = 'undecodable' | 'not-mine' | 'foreign-lock' | 'number-used' | 'slot-used' | 'full'

/** A message that must never be signed: a bug of ours, or a damaged state. The process that sees one exits. */
export class GuardError extends InvariantError {
  readonly code: GuardCode

  constructor(code: GuardCode, sentence: string) {
    super(`the signer refused: ${sentence}`)
    this.code = code
  }
}

export class GuardedSigner {
  readonly #ports: Hasher & Signer
  readonly #self: MemberIndex
  readonly #slots: Set<Slot>
  /** Of the last message signed; no later one may have the same or a lower one. */
  #boot: number
  #seq = Number.MAX_SAFE_INTEGER

  /** @param signed what the log restored: every slot there is taken, every number of its boot used */
  constructor(ports: Hasher & Signer, self: MemberIndex, signed: Pick<Durable, 'boot' | 'ledger'>) {
    this.#ports = ports
    this.#self = self
    this.#slots = new Set(signed.ledger.keys())
    this.#boot = signed.boot
  }

  /**
   * The signature over an encoded header.
   * @throws GuardError where it is not this member's, its number was used before, or its slot was signed for before
   */
  sign(lock_hash: LockHash, signed: Uint8Array): Uint8Array {
    const { head, kind } = readHeader(signed)
    if (head.from !== this.#self) throw new GuardError('not-mine', `a message of member ${head.from}`)
    if (head.lock_prefix !== lockPrefix(lock_hash)) throw new GuardError('foreign-lock', 'a message under another lock')
    const rises = head.boot > this.#boot || (head.boot === this.#boot && head.seq > this.#seq)
    if (!rises) throw new GuardError('number-used', `number ${head.boot}/${head.seq} is not above ${this.#boot}/${this.#seq}`)
    const slot = readSlot(lock_hash, kind, head.body)
    if (slot !== null) this.#take(slot)
    this.#boot = head.boot
    this.#seq = head.seq
    return this.#ports.sign(signingDigest(this.#ports, lock_hash, signed))
  }

  /** Even what says the same: what was signed once is sent again, and never signed again. */
  #take(slot: Slot): void {
    if (this.#slots.has(slot)) throw new GuardError('slot-used', `${slot} was signed for before`)
    if (this.#slots.size >= MAX_GUARDED) throw new GuardError('full', 'no more slots can be remembered')
    this.#slots.add(slot)
  }
}

function readHeader(signed: Uint8Array): { readonly head: Header; readonly kind: MemberKind } {
  const head = read(() => decodeHeader(signed))
  if (!isMemberKind(head.kind)) throw new GuardError('undecodable', `a message of the unknown kind ${head.kind}`)
  return { head, kind: head.kind }
}

function readSlot(lock_hash: LockHash, kind: MemberKind, body: Uint8Array): Slot | null {
  return slotOf(lock_hash, kind, read(() => decodeBody(kind, body)))
}

function read<T>(decode: () => T): T {
  try {
    return decode()
  } catch {
    throw new GuardError('undecodable', 'a message that does not decode')
  }
}
