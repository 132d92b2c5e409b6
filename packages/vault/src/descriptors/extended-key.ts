/** Extended public keys by themselves: what their first letters say about the scripts (SLIP-132). */
import { type Network, parametersOf } from '../scripts/network.ts'
import { DescriptorError } from './errors.ts'
import type * as Library from './library.ts'

/** What the outputs of a single-key wallet look like: BIP-44, 49, 84 and 86. */
export type KeyScript = 'pkh' | 'sh-wpkh' | 'wpkh' | 'tr'

interface Prefix {
  readonly version: number
  readonly mainnet: boolean
  /** null: of a multisig, whose other keys are not known. */
  readonly script: KeyScript | null
}

const PREFIXES: Readonly<Record<string, Prefix>> = {
  xpub: { version: 0x0488b21e, mainnet: true, script: 'pkh' },
  ypub: { version: 0x049d7cb2, mainnet: true, script: 'sh-wpkh' },
  zpub: { version: 0x04b24746, mainnet: true, script: 'wpkh' },
  Ypub: { version: 0x0295b43f, mainnet: true, script: null },
  Zpub: { version: 0x02aa7ed3, mainnet: true, script: null },
  tpub: { version: 0x043587cf, mainnet: false, script: 'pkh' },
  upub: { version: 0x044a5262, mainnet: false, script: 'sh-wpkh' },
  vpub: { version: 0x045f1cf6, mainnet: false, script: 'wpkh' },
  Upub: { version: 0x024289ef, mainnet: false, script: null },
  Vpub: { version: 0x02575483, mainnet: false, script: null },
}

const ORIGIN_AND_KEY = /^(\[[^[\]]*\])?([A-Za-z]pub)([1-9A-HJ-NP-Za-km-z]+)$/
/** 78 bytes and a checksum in base58. */
const MAX_KEY_CHARS = 112
const MAX_ORIGIN_CHARS = 1_024

export interface KeyReading {
  /** `wpkh(xpub…/<0;1>/*)`: receive and change, as every wallet lays them out below an account. */
  readonly descriptor: string
  readonly script: KeyScript
  /** True where neither the prefix nor the caller said it: xpub and tpub are used for all kinds today. */
  readonly assumed: boolean
}

/**
 * @param text an account's key, with or without [key origin]
 * @param chosen what its scripts are; null leaves it to the prefix
 * @throws DescriptorError
 */
export function readExtendedKey(
  text: string,
  chosen: KeyScript | null,
  network: Network,
  library: typeof Library,
): KeyReading {
  const [, origin = '', letters = '', rest = ''] = ORIGIN_AND_KEY.exec(text) ?? []
  const prefix = Object.hasOwn(PREFIXES, letters) ? PREFIXES[letters] : undefined
  if (prefix === undefined || letters.length + rest.length > MAX_KEY_CHARS || origin.length > MAX_ORIGIN_CHARS) {
    throw notAKey()
  }
  checkNetwork(prefix, network)
  const script = scriptOf(prefix, letters, chosen)
  const key = origin + inBip32(`${letters}${rest}`, prefix.version, network, library)
  const assumed = chosen === null && prefix.script === 'pkh'
  return { descriptor: descriptorOf(key, script), script, assumed }
}

function scriptOf({ script }: Prefix, letters: string, chosen: KeyScript | null): KeyScript {
  if (script === null) {
    throw new DescriptorError(
      'xpub-ambiguous',
      `a ${letters} is one key of a multisig, whose scripts need the others too`,
      'Give the whole descriptor, e.g. wsh(sortedmulti(2,…)), with all keys as xpub or tpub.',
    )
  }
  if (chosen === null || chosen === script || script === 'pkh') return chosen ?? script
  throw new DescriptorError(
    'xpub-ambiguous',
    `a ${letters} stands for ${script}, and ${chosen} was asked for`,
    'Leave the choice out, or give the key as xpub or tpub if the wallet really uses it so.',
  )
}

function descriptorOf(key: string, script: KeyScript): string {
  const inside = `${key}/<0;1>/*`
  return script === 'sh-wpkh' ? `sh(wpkh(${inside}))` : `${script}(${inside})`
}

function checkNetwork({ mainnet }: Prefix, network: Network): void {
  if (mainnet === (network === 'mainnet')) return
  throw new DescriptorError(
    'descriptor-network',
    `the key is one of ${mainnet ? 'mainnet' : 'a test network'}, and the federation guards ${network}`,
    'Give the key of the wallet on this network.',
  )
}

/** The same key spelled xpub or tpub, as descriptors take it. */
function inBip32(key: string, version: number, network: Network, library: typeof Library): string {
  try {
    return library.respelled(key, version, parametersOf(network).bip32.public)
  } catch {
    throw notAKey()
  }
}

function notAKey(): DescriptorError {
  return new DescriptorError(
    'xpub-malformed',
    'this is no extended public key: xpub, ypub or zpub (on test networks tpub, upub or vpub), whole and without a path',
    'Copy it again from the wallet; for anything with a path, give a descriptor.',
  )
}
