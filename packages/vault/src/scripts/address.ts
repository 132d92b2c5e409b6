import { address as addresses, initEccLib } from 'bitcoinjs-lib'
import * as ecc from 'tiny-secp256k1'
import { VaultError } from '../errors.ts'
import { type Network, parametersOf } from './network.ts'

// bitcoinjs reads taproot addresses only with a curve at hand.
initEccLib(ecc)

/** No address of a known kind is longer: taproot on regtest has 64. */
export const MAX_ADDRESS_CHARS = 90

/**
 * The output script of an address: P2PKH, P2SH, P2WPKH, P2WSH or P2TR, in its canonical spelling.
 * @throws VaultError `address-invalid` also for witness versions above 1, which anybody could spend today
 */
export function scriptOfAddress(address: string, network: Network): Uint8Array {
  const script = address.length <= MAX_ADDRESS_CHARS ? knownScript(address, network) : undefined
  if (script === undefined || addressOfScript(script, network) !== address) {
    throw new VaultError(
      'address-invalid',
      `${address.slice(0, MAX_ADDRESS_CHARS)} is no ${network} address that Belfry knows`,
      `Give a ${network} address in its usual (lower-case bech32) spelling.`,
    )
  }
  return script
}

/** undefined where the script has no address */
export function addressOfScript(script: Uint8Array, network: Network): string | undefined {
  if (witnessVersion(script) > 1) return undefined
  try {
    return addresses.fromOutputScript(script, parametersOf(network))
  } catch {
    return undefined
  }
}

function knownScript(address: string, network: Network): Uint8Array | undefined {
  try {
    if (isFutureSegwit(address)) return undefined
    return addresses.toOutputScript(address, parametersOf(network))
  } catch {
    return undefined
  }
}

function isFutureSegwit(address: string): boolean {
  try {
    return addresses.fromBech32(address).version > 1
  } catch {
    return false
  }
}

/** 0 also for scripts that are no witness program */
function witnessVersion(script: Uint8Array): number {
  const first = script[0] ?? 0
  return first > 0x50 && first <= 0x60 ? first - 0x50 : 0
}
