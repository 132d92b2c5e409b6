/** What a descriptor watches: the output scripts of each of its branches, index by index. */
import { invariant, toHex } from '@belfry/protocol/primitives'
import { withChecksum } from '../scripts/checksum.ts'
import { type Network, parametersOf } from '../scripts/network.ts'
import { compile } from './compile.ts'
import { DescriptorError } from './errors.ts'
import { type KeyReading, type KeyScript, readExtendedKey } from './extended-key.ts'
import { type KeyExpression, MAX_INDEX, templateOf } from './key-expression.ts'
import type * as Library from './library.ts'
import { branchesOf } from './multipath.ts'
import { refusePrivateKeys } from './private-keys.ts'
import { withoutChecksum } from './text.ts'

/** A descriptor with public keys. Pure; 0.3 ms for a script. */
export interface Descriptor {
  /** As it was given, with its checksum. */
  readonly text: string
  readonly network: Network
  /** Whether it has an index; without one, index 0 is all there is. */
  readonly ranged: boolean
  /** How many descriptors it stands for (BIP-389): 2 with `<0;1>`, mostly 1. */
  readonly branches: number
  /**
   * The output scripts at an index: one, or 2 to 4 where it is combo().
   * @param branch below `branches`
   * @param index 0..2^31−1
   */
  scriptsAt(branch: number, index: number): Uint8Array[]
}

/** Reads descriptors, BIP-380 to 386 and 389. Made by `loadDescriptors`. */
export interface DescriptorReader {
  /** @throws DescriptorError, which never quotes the text; private keys are refused before anything else */
  parse(text: string, network: Network): Descriptor
  /**
   * The descriptor of an account's extended key by itself.
   * @param chosen what its scripts are; null leaves it to the key's prefix
   * @throws DescriptorError
   */
  readExtendedKey(text: string, chosen: KeyScript | null, network: Network): KeyReading
}

/** Loads the library that compiles descriptors, once it is needed. */
export async function loadDescriptors(): Promise<DescriptorReader> {
  const library = await import('./library.ts')
  return {
    parse: (text, network) => parseDescriptor(text.trim(), network, library),
    readExtendedKey: (text, chosen, network) => {
      refusePrivateKeys(text)
      return readExtendedKey(text.trim(), chosen, network, library)
    },
  }
}

/** Text, and keys from which one follows for each index. */
type Piece = string | ((index: number) => string)

function parseDescriptor(text: string, network: Network, library: typeof Library): Descriptor {
  refusePrivateKeys(text)
  const body = withoutChecksum(text)
  const templates = branchesOf(body).map(templateOf)
  const branches = templates.map((parts) => parts.map((part) => pieceOf(part, network, library)))
  const ranged = templates.some((parts) => parts.some((part) => typeof part !== 'string' && isRanged(part)))
  const scriptsAt = (branch: number, index: number): Uint8Array[] => {
    const pieces = branches[branch]
    invariant(pieces !== undefined && index >= 0 && index <= (ranged ? MAX_INDEX : 0), 'a branch and index that it has')
    const concrete = pieces.map((piece) => (typeof piece === 'string' ? piece : piece(index))).join('')
    return compile(concrete, network, library.outputScript)
  }
  // Here, and not at a payment: whatever does not compile.
  for (const branch of branches.keys()) scriptsAt(branch, 0)
  return { text: withChecksum(body), network, ranged, branches: branches.length, scriptsAt }
}

function isRanged(key: KeyExpression): boolean {
  return key.kind === 'extended' && key.ranged
}

function pieceOf(part: string | KeyExpression, network: Network, library: typeof Library): Piece {
  if (typeof part === 'string') return part
  if (part.kind === 'fixed') return part.hex
  const { bip32 } = parametersOf(network)
  try {
    const parent = part.path.reduce((key, step) => key.derive(step), library.extendedKey(part.key, bip32))
    if (part.ranged) return (index) => toHex(parent.derive(index).publicKey)
    return toHex(parent.publicKey)
  } catch {
    throw new DescriptorError(
      'descriptor-network',
      `an extended key is mistyped or none of ${network}`,
      `Give ${network === 'mainnet' ? 'xpub' : 'tpub'} keys in a descriptor, copied whole; ypub, zpub and the like only by themselves.`,
    )
  }
}
