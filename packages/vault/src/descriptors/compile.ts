/** Descriptors without extended keys to output scripts, BIP-381 to 386. */
import { crypto, opcodes, script as scripts } from 'bitcoinjs-lib'
import { isPoint } from 'tiny-secp256k1'
import { compareBytes, concat, fromHex } from '@belfry/protocol/primitives'
import { scriptOfAddress } from '../scripts/address.ts'
import type { Network } from '../scripts/network.ts'
import { DescriptorError } from './errors.ts'
import { malformed } from './text.ts'

/** Consensus lets nobody spend a longer one. */
export const MAX_SCRIPT_BYTES = 10_000
/** Of a bare multisig, what nodes relay; of one in P2WSH, what CHECKMULTISIG takes; in P2SH its 520 bytes. */
const MAX_BARE_KEYS = 3
const MAX_MULTISIG_KEYS = 20
const MAX_P2SH_BYTES = 520

const COMPRESSED = /^0[23][0-9a-f]{64}$/
const UNCOMPRESSED = /^04[0-9a-f]{128}$/
const CALL = /^([a-z_]+)\((.*)\)$/s
const MULTISIG = /^(sorted)?multi\(([1-9][0-9]?),([0-9a-f,]+)\)$/

/** What the library makes of what is not compiled here. Throws any error. */
export type OutputScript = (descriptor: string) => Uint8Array

/**
 * One script, or as many as combo() has (BIP-384).
 * @throws DescriptorError
 */
export function compile(body: string, network: Network, outputScript: OutputScript): Uint8Array[] {
  const [, name, inside = ''] = CALL.exec(body) ?? []
  switch (name) {
    case 'addr':
      return [addressScript(inside, network)]
    case 'raw':
      return [rawScript(inside)]
    case 'rawtr':
      return [concat(Uint8Array.of(0x51, 0x20), xOnly(inside))]
    case 'combo':
      return comboScripts(inside).map((one) => guarded(one, outputScript))
    default:
      return [wrapped(body) ?? guarded(body, outputScript)]
  }
}

function guarded(body: string, outputScript: OutputScript): Uint8Array {
  try {
    return outputScript(body)
  } catch {
    // Without the cause: its message may quote keys.
    throw new DescriptorError(
      'descriptor-unsupported',
      'no output script follows from this descriptor: a function is unknown or in a place where it may not be, a key is ' +
        'no point of the curve, or its miniscript is not sane',
      'Compare with BIP-380 to 386; bitcoind says more with getdescriptorinfo. musig() is not supported.',
    )
  }
}

function addressScript(address: string, network: Network): Uint8Array {
  try {
    return scriptOfAddress(address, network)
  } catch {
    throw new DescriptorError(
      'descriptor-network',
      `what was given is no ${network} address that Belfry knows`,
      `Give a ${network} address in its usual (lower-case bech32) spelling, and all of it.`,
    )
  }
}

/** @throws DescriptorError `script-malformed` */
export function rawScript(hex: string): Uint8Array {
  if (/^(?:[0-9a-fA-F]{2})+$/.test(hex) && hex.length <= 2 * MAX_SCRIPT_BYTES) return fromHex(hex.toLowerCase())
  throw new DescriptorError(
    'script-malformed',
    `an output script is given in hex, 1 to ${MAX_SCRIPT_BYTES} bytes`,
    'Give the scriptPubKey as bitcoind prints it, without a length in front.',
  )
}

function xOnly(hex: string): Uint8Array {
  const key = hex.length === 64 ? `02${hex.toLowerCase()}` : hex
  return publicKey(key, true).subarray(1)
}

function publicKey(hex: string, compressed_only: boolean): Uint8Array {
  if (COMPRESSED.test(hex) || (!compressed_only && UNCOMPRESSED.test(hex))) {
    const key = fromHex(hex)
    if (isPoint(key)) return key
  }
  throw malformed(compressed_only ? 'a compressed public key is needed' : 'a public key is no point of the curve')
}

function comboScripts(key: string): string[] {
  const legacy = [`pk(${key})`, `pkh(${key})`]
  return COMPRESSED.test(key) ? [...legacy, `wpkh(${key})`, `sh(wpkh(${key}))`] : legacy
}

/** Multisig, bare or in P2SH or P2WSH or both; null for all else. The library takes none bare, and 16 keys at most. */
function wrapped(body: string): Uint8Array | null {
  const nested = unwrap(body, 'sh(wsh(', '))')
  const segwit = nested ?? unwrap(body, 'wsh(', ')')
  const legacy = segwit === null ? unwrap(body, 'sh(', ')') : null
  const found = multisig(segwit ?? legacy ?? body, segwit !== null)
  if (found === null) return null
  const { script, keys } = found
  if (segwit !== null) return nested === null ? p2wsh(script) : p2sh(p2wsh(script))
  if (legacy !== null) return p2sh(script)
  if (keys > MAX_BARE_KEYS) throw malformed(`a bare multisig has at most ${MAX_BARE_KEYS} keys`)
  return script
}

function unwrap(body: string, before: string, after: string): string | null {
  return body.startsWith(before) && body.endsWith(after) ? body.slice(before.length, -after.length) : null
}

function multisig(body: string, compressed_only: boolean): { script: Uint8Array; keys: number } | null {
  const [, sorted, threshold = '', list] = MULTISIG.exec(body) ?? []
  if (list === undefined) return null
  const keys = list.split(',').map((key) => publicKey(key, compressed_only))
  if (keys.length > MAX_MULTISIG_KEYS || Number(threshold) > keys.length) {
    throw malformed(`a multisig has 1 to ${MAX_MULTISIG_KEYS} keys and needs at most all of them`)
  }
  const ordered = sorted === undefined ? keys : keys.toSorted(compareBytes)
  const chunks = [number(Number(threshold)), ...ordered, number(keys.length), opcodes.OP_CHECKMULTISIG]
  return { script: scripts.compile(chunks), keys: keys.length }
}

function number(n: number): number | Uint8Array {
  return n <= 16 ? opcodes.OP_RESERVED + n : scripts.number.encode(n)
}

function p2wsh(script: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(0x00, 0x20), crypto.sha256(script))
}

function p2sh(script: Uint8Array): Uint8Array {
  if (script.length > MAX_P2SH_BYTES) throw malformed(`a P2SH script has at most ${MAX_P2SH_BYTES} bytes: use wsh()`)
  return concat(Uint8Array.of(0xa9, 0x14), crypto.hash160(script), Uint8Array.of(0x87))
}
