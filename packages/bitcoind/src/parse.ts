import {
  type BlockHash, type Feerate, fromHex, type Height, isHex32, type Sats, type Txid,
} from '@belfry/protocol/primitives'
import { btcPerKvbToFeerate, btcToSats } from './amounts.ts'
import { BitcoindError, printable } from './errors.ts'

/** What bitcoind answers is parsed here, once; inside, the types hold. Every failure is a `malformed-answer`. */

/** Warnings and reasons are shown to people; nobody reads more. */
const MAX_TEXT_LENGTH = 500

function malformed(what: string, expected: string): BitcoindError {
  return new BitcoindError('malformed-answer', `bitcoind's answer is not as expected: ${what} is not ${expected}`)
}

/** The fields of one JSON object, by type. */
export class Fields {
  private readonly fields: Readonly<Record<string, unknown>>
  private readonly what: string

  /** @param what names the answer in errors, for example the RPC method */
  constructor(value: unknown, what: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(what, 'an object')
    this.fields = value as Readonly<Record<string, unknown>>
    this.what = what
  }

  has(name: string): boolean {
    return Object.hasOwn(this.fields, name) && this.fields[name] !== null
  }

  text(name: string): string {
    return text(this.raw(name), this.name(name))
  }

  isText(name: string): boolean {
    return typeof this.raw(name) === 'string'
  }

  oneOf<T extends string>(name: string, known: readonly T[]): T {
    const value = this.raw(name)
    const found = known.find((one) => one === value)
    if (found === undefined) throw malformed(this.name(name), `one of ${known.join(', ')}`)
    return found
  }

  integer(name: string): number {
    return integer(this.raw(name), this.name(name))
  }

  number(name: string): number {
    const value = this.raw(name)
    if (typeof value !== 'number') throw malformed(this.name(name), 'a number')
    return value
  }

  flag(name: string): boolean {
    const value = this.raw(name)
    if (typeof value !== 'boolean') throw malformed(this.name(name), 'true or false')
    return value
  }

  height(name: string): Height {
    const value = this.integer(name)
    if (value < 0) throw malformed(this.name(name), 'a height')
    return value as Height
  }

  txid(name: string): Txid {
    return txid(this.raw(name), this.name(name))
  }

  blockHash(name: string): BlockHash {
    return blockHash(this.raw(name), this.name(name))
  }

  /** 32 bytes in hex. */
  hex32(name: string): string {
    return hex32(this.raw(name), this.name(name))
  }

  bytes(name: string): Uint8Array {
    return bytes(this.raw(name), this.name(name))
  }

  /** From BTC. */
  sats(name: string): Sats {
    return amount(btcToSats, this.number(name), this.name(name))
  }

  /** From BTC/kvB. */
  feerate(name: string): Feerate {
    return amount(btcPerKvbToFeerate, this.number(name), this.name(name))
  }

  object(name: string): Fields {
    return new Fields(this.raw(name), this.name(name))
  }

  list<T>(name: string, item: (value: unknown, what: string) => T): T[] {
    return list(this.raw(name), this.name(name), item)
  }

  entries(): [string, unknown][] {
    return Object.entries(this.fields)
  }

  private raw(name: string): unknown {
    return Object.hasOwn(this.fields, name) ? this.fields[name] : undefined
  }

  private name(name: string): string {
    return `${name} of ${this.what}`
  }
}

export function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw malformed(what, 'text')
  return printable(value, MAX_TEXT_LENGTH)
}

export function integer(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw malformed(what, 'an integer')
  return value
}

export function list<T>(value: unknown, what: string, item: (value: unknown, what: string) => T): T[] {
  if (!Array.isArray(value)) throw malformed(what, 'a list')
  return value.map((one: unknown) => item(one, what))
}

export function txid(value: unknown, what: string): Txid {
  return hex32(value, what) as Txid
}

export function blockHash(value: unknown, what: string): BlockHash {
  return hex32(value, what) as BlockHash
}

function hex32(value: unknown, what: string): string {
  if (typeof value !== 'string' || !isHex32(value)) throw malformed(what, '32 bytes in hex')
  return value
}

export function bytes(value: unknown, what: string): Uint8Array {
  try {
    if (typeof value === 'string') return fromHex(value)
  } catch {
    // Said below.
  }
  throw malformed(what, 'bytes in hex')
}

function amount<T>(convert: (btc: number) => T, btc: number, what: string): T {
  try {
    return convert(btc)
  } catch {
    throw malformed(what, 'an amount in BTC')
  }
}
