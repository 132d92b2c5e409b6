import { crypto } from 'bitcoinjs-lib'
import { assertNever, concat, invariant } from '@belfry/protocol/primitives'
import { addressOfScript } from './address.ts'
import { withChecksum } from './checksum.ts'
import type { KeySet, PublicKey } from './keys.ts'
import { compileSane } from './miniscript.ts'
import type { Network } from './network.ts'

/** A P2WSH script in every form that somebody needs. */
export interface WshScript {
  /** With checksum, as bitcoind's `deriveaddresses` and `importdescriptors` take it. */
  readonly descriptor: string
  readonly witness_script: Uint8Array
  /** The output script (scriptPubKey). */
  readonly script: Uint8Array
  readonly address: string
}

const P2WSH_PREFIX = Uint8Array.of(0x00, 0x20)

function wsh(miniscript: string, network: Network): WshScript {
  const witness_script = compileSane(miniscript)
  const script = concat(P2WSH_PREFIX, crypto.sha256(witness_script))
  const address = addressOfScript(script, network)
  invariant(address !== undefined, 'every P2WSH script has an address')
  return { descriptor: withChecksum(`wsh(${miniscript})`), witness_script, script, address }
}

function multi({ threshold, keys }: KeySet): string {
  return `multi(${threshold},${keys.join(',')})`
}

/** `wsh(multi(m,…))`: where the coin rests, and where it is brought to safety. */
export function multisigScript(keys: KeySet, network: Network): WshScript {
  return wsh(multi(keys), network)
}

/** `wsh(andor(pk(H),older(W),multi(m,…)))`: the hot key after W blocks, the cold keys at any time. */
export function unvaultScript(hot: PublicKey, csv: number, cold: KeySet, network: Network): WshScript {
  return wsh(`andor(pk(${hot}),older(${csv}),${multi(cold)})`, network)
}

/**
 * Which condition of a script a witness meets: `multi` of the deposit, or `hot` or `cold` of the unvault output.
 */
export type Branch = 'multi' | 'hot' | 'cold'

const EMPTY = new Uint8Array(0)

/** The one minimal witness of a branch. `signatures` are in the order of their keys in the script. */
export function witnessStack(
  branch: Branch,
  signatures: readonly Uint8Array[],
  witness_script: Uint8Array,
): Uint8Array[] {
  switch (branch) {
    case 'multi':
      // The empty item feeds CHECKMULTISIG's extra pop (BIP-147 wants it empty).
      return [EMPTY, ...signatures, witness_script]
    case 'cold':
      // The empty item on top is the hot key's missing signature: it sends NOTIF into the multi.
      return [EMPTY, ...signatures, EMPTY, witness_script]
    case 'hot':
      return [...signatures, witness_script]
    default:
      return assertNever(branch)
  }
}
