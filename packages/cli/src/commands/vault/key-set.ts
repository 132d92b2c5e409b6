/** The keys of a vault as its plan takes them, from the public key files of its devices. */
import {
  type DeepCold,
  MAX_KEYS,
  NETWORKS,
  type Network,
  type PublicKey,
  type VaultKeys,
  checkDistinct,
  checkKeySet,
  readVaultKeys,
} from '@belfry/client'
import type { Option } from 'commander'
import { integer, option, required } from '../../command.ts'
import { usageError } from '../../errors.ts'
import { VAULT_KEYS } from '../../files/names.ts'

export interface KeySetOptions {
  readonly network: Network
  readonly keys: readonly string[]
  readonly coldThreshold?: number
}

export function keySetOptions(): Option[] {
  return [
    required('--network <network>', 'the Bitcoin network of the vault').choices(NETWORKS),
    option('--keys <files...>', 'vault-keys.json of every device').default([VAULT_KEYS]),
    integer('--cold-threshold <count>', 'cold keys that must sign (default: more than half)', 1, MAX_KEYS),
  ]
}

/** More than half: losing one of three keys loses nothing, and no half can act against the other. */
export function majority(keys: readonly unknown[]): number {
  return Math.floor(keys.length / 2) + 1
}

/**
 * Keys that a plan will take too: nobody shall deposit to an address that cannot be planned for.
 * @throws CliError usage where the files together have no cold key; VaultError threshold-out-of-range, key-repeated
 */
export async function readColdKeys({
  keys: paths,
  coldThreshold,
}: KeySetOptions): Promise<{ keys: VaultKeys; cold: ColdKeys }> {
  const keys = await readVaultKeys(paths)
  if (keys.cold.length === 0)
    throw usageError('None of these files has a cold key.', 'Give the vault-keys.json of every device with --keys.')
  const cold = { threshold: coldThreshold ?? majority(keys.cold), keys: keys.cold }
  checkKeySet(cold, 'cold')
  checkDistinct([...keys.cold, ...keys.hot, ...keys.deep_cold, ...keys.heir], 'keys of these files')
  return { keys, cold }
}

export interface ColdKeys {
  readonly threshold: number
  readonly keys: PublicKey[]
}

/** @throws CliError usage */
export function hotKeyOf({ hot }: VaultKeys): PublicKey {
  const [key, another] = hot
  if (key !== undefined && another === undefined) return key
  throw usageError(
    key === undefined ? 'None of these files has a hot key.' : 'These files have several hot keys.',
    'Give the vault-keys.json of every device, one of them with the hot key.',
  )
}

/** @throws CliError usage */
export function deepColdOf(
  { deep_cold }: VaultKeys,
  threshold: number | undefined,
  address: string | undefined,
): DeepCold {
  if (address !== undefined) {
    if (threshold === undefined) return { kind: 'address', address }
    throw usageError('An address has no threshold.', 'Give --deep-cold-address or --deep-cold-threshold.')
  }
  if (deep_cold.length > 0) return { kind: 'multi', threshold: threshold ?? majority(deep_cold), keys: deep_cold }
  throw usageError(
    'None of these files has a deep-cold key.',
    'Give a vault-keys.json with deep-cold keys, or --deep-cold-address.',
  )
}

/** @throws CliError usage */
export function heirOf({ heir }: VaultKeys, named: PublicKey | undefined): PublicKey {
  const [key, another] = named === undefined ? heir : [named]
  if (key !== undefined && another === undefined) return key
  throw usageError(
    key === undefined ? 'No heir is named, and none of these files has an heir key.' : 'These files have several heirs.',
    'Name the heir by a public key with --heir.',
  )
}
