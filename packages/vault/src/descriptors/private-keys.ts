/** Finds private keys by their looks, so that none goes any further, not even one whose checksum is wrong. */
import { DescriptorError } from './errors.ts'

const BASE58 = '[1-9A-HJ-NP-Za-km-z]'
/** xprv, tprv and what SLIP-132 makes of them. */
const EXTENDED = new RegExp(`[A-Za-z]prv${BASE58}{20}`)
/** WIF has 51 characters (uncompressed) or 52; BIP-38 has 58. No key, hash or address in a descriptor is as long. */
const SINGLE = new RegExp(`^(?:[5KLc9]${BASE58}{50,51}|6P${BASE58}{56})$`)
const HEX = /^[0-9a-fA-F]+$/
/** What stands around a key. */
const BETWEEN = /[^0-9A-Za-z]+/

/** @throws DescriptorError `private-key-given` */
export function refusePrivateKeys(text: string): void {
  if (!EXTENDED.test(text) && !text.split(BETWEEN).some((word) => SINGLE.test(word) && !HEX.test(word))) return
  throw new DescriptorError(
    'private-key-given',
    'what was given holds a private key; Belfry watches and needs none, and kept nothing of it',
    'Give the descriptor with public keys (bitcoind: getdescriptorinfo prints it so), and clear it from the shell history.',
  )
}
