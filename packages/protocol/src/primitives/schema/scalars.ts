import { fromHex, toHex } from '../bytes.ts'
import type { BlockHash, Branded, Feerate, Height, MemberIndex, Millis, Outpoint, Sats, Txid } from '../ids.ts'
import { MAX_SATS, outpointOf, splitOutpoint } from '../ids.ts'
import { writeBytes, writeHex, writePlain } from './cbor-writer.ts'
import { type Schema, SchemaError } from './schema.ts'

/** A value that looks the same in CBOR and in JSON: one check serves both directions of both. */
function plain<T extends string | number | boolean>(check: (value: unknown) => T): Schema<T> {
  return {
    write: (value) => writePlain(check(value)),
    read: (reader) => check(reader.plain()),
    decode: check,
    toJson: check,
    fromJson: check,
  }
}

/** An integer from `min` to `max`, both safe integers. */
export function uint<T extends number = number>(max: number, min = 0): Schema<T> {
  return plain((value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new SchemaError('malformed', 'expected an integer')
    if (value < min || value > max) throw new SchemaError('over-limit', `expected ${min} to ${max}`)
    // -0, which JSON can say, is 0.
    return (value + 0) as T
  })
}

export const bool: Schema<boolean> = plain((value) => {
  if (typeof value !== 'boolean') throw new SchemaError('malformed', 'expected true or false')
  return value
})

/** Well-formed text of at most `max` UTF-16 units, without a byte order mark before it: decoders drop that. */
export function text<T extends string = string>(max: number, min = 0): Schema<T> {
  return plain((value) => {
    if (typeof value !== 'string' || !value.isWellFormed() || value.startsWith('\ufeff')) {
      throw new SchemaError('malformed', 'expected text')
    }
    if (value.length < min || value.length > max) throw new SchemaError('over-limit', `expected ${min} to ${max} characters`)
    return value as T
  })
}

/** Text of a form, e.g. an address. `form` says it in words for the error. */
export function textLike<T extends string>(max: number, test: (value: string) => boolean, form: string): Schema<T> {
  const any = text(max)
  return plain((value) => {
    const checked = any.decode(value)
    if (!test(checked)) throw new SchemaError('malformed', `expected ${form}`)
    return checked as T
  })
}

/** One of a closed set of words; another word is `unknown-variant`, for a later version may know it. */
export function oneOf<const T extends string>(...words: readonly T[]): Schema<T> {
  return plain((value) => {
    if (typeof value !== 'string') throw new SchemaError('malformed', 'expected a word')
    const found = words.find((word) => word === value)
    if (found === undefined) throw new SchemaError('unknown-variant', `expected ${words.join(' | ')}`)
    return found
  })
}

export function literal<const T extends string | number | boolean>(expected: T): Schema<T> {
  return plain((value) => {
    if (typeof value !== typeof expected) throw new SchemaError('malformed', `expected ${String(expected)}`)
    if (value !== expected) throw new SchemaError('unknown-variant', `expected ${String(expected)}`)
    return expected
  })
}

/** Bytes of at most `max`; hex in JSON. */
export function blob(max: number, min = 0): Schema<Uint8Array> {
  const check = (value: unknown): Uint8Array => {
    if (!(value instanceof Uint8Array)) throw new SchemaError('malformed', 'expected bytes')
    if (value.length < min || value.length > max) throw new SchemaError('over-limit', `expected ${min} to ${max} bytes`)
    return value
  }
  return {
    write: (value) => writeBytes(check(value)),
    read: (reader) => check(reader.blob()),
    decode: check,
    toJson: (value) => toHex(check(value)),
    fromJson: (value) => check(bytesOfHex(value)),
  }
}

/** Exactly `length` bytes, a hex string in memory, e.g. `hex<LockHash>(32)`. */
export function hex<T extends Branded<string, string> | string = string>(length: number): Schema<T> {
  const bytes = blob(length, length)
  return {
    write: (value: unknown) => {
      // Anything else is a bug of the caller, and `bytesOfHex` or the blob says which.
      if (typeof value === 'string' && value.length === 2 * length) inHex(() => writeHex(value))
      else bytes.write(bytesOfHex(value))
    },
    read: (reader) => reader.hex(length) as T,
    decode: (value) => toHex(bytes.decode(value)) as T,
    toJson: (value) => value,
    fromJson: (value) => toHex(bytes.fromJson(value)) as T,
  }
}

function bytesOfHex(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw new SchemaError('malformed', 'expected hex')
  return inHex(() => fromHex(value))
}

function inHex<T>(convert: () => T): T {
  try {
    return convert()
  } catch {
    throw new SchemaError('malformed', 'expected an even number of lower-case hex digits')
  }
}

export const txid = hex<Txid>(32)
export const blockHash = hex<BlockHash>(32)
export const height = uint<Height>(0xffff_ffff)
/** 1,000,000 sat/vB: more is a mistake, not a market. */
export const MAX_FEERATE = 1_000_000_000 as Feerate
export const feerate = uint<Feerate>(MAX_FEERATE)
export const millis = uint<Millis>(8_640_000_000_000_000)
/** Federations have at most 64 members. */
export const memberIndex = uint<MemberIndex>(64, 1)

/** bigint in memory; an integer in CBOR and JSON, where 21e14 is below 2^53. */
export const sats: Schema<Sats> = (() => {
  const integer = uint(Number(MAX_SATS))
  return {
    write: (value) => integer.write(Number(value)),
    read: (reader) => BigInt(integer.read(reader)) as Sats,
    decode: (value) => BigInt(integer.decode(value)) as Sats,
    toJson: (value) => integer.toJson(Number(value)),
    fromJson: (value) => BigInt(integer.fromJson(value)) as Sats,
  }
})()

/** `txid:vout` in memory and JSON; in CBOR 36 bytes, the txid in RPC order and vout big-endian. */
export const outpoint: Schema<Outpoint> = (() => {
  const bytes = blob(36, 36)
  const parse = (value: unknown): Outpoint => {
    if (typeof value !== 'string') throw new SchemaError('malformed', 'expected txid:vout')
    try {
      splitOutpoint(value as Outpoint)
    } catch {
      throw new SchemaError('malformed', 'expected txid:vout')
    }
    return value as Outpoint
  }
  const ofBytes = (given: Uint8Array): Outpoint => {
    const digits = toHex(given)
    return outpointOf(digits.slice(0, 64) as Txid, Number.parseInt(digits.slice(64), 16))
  }
  return {
    write: (value) => {
      const { txid, vout } = splitOutpoint(parse(value))
      bytes.write(fromHex(txid + vout.toString(16).padStart(8, '0')))
    },
    read: (reader) => ofBytes(bytes.read(reader)),
    decode: (value) => ofBytes(bytes.decode(value)),
    toJson: (value) => value,
    fromJson: parse,
  }
})()
