/** What is given into custody: one of Belfry's own recovery sets, or a vault of another scheme. Opened into locked memory. */
import {
  type Federation,
  type GuardedVault,
  type Manifest,
  type OpenVault,
  type SecretBytes,
  checkForeignVault,
  guardedForeignVault,
  guardedVaultOf,
  readCustody,
  toHex,
  unvaultToJson,
} from '@belfry/client'
import type { Option } from 'commander'
import { option } from '../../command.ts'
import { CliError, usageError } from '../../errors.ts'
import { RECOVERY_SET } from '../../files/names.ts'
import { openRecoverySet } from '../../files/recovery-set.ts'
import type { Output } from '../../output/index.ts'

export interface SourceOptions {
  readonly set?: string
  readonly custody?: string
}

export function sourceOptions(): Option[] {
  return [
    option('--set <file>', `the recovery set (default: ${RECOVERY_SET})`),
    option('--custody <file>', 'instead, a vault of another scheme as `vault import` wrote it'),
  ]
}

export interface Source {
  readonly vault: OpenVault
  /** unvault.json for the hot device; null where the other scheme sees to that itself. */
  readonly unvault: string | null
}

/**
 * Verified on this very device. The caller disposes of the vault.
 * @throws RecoverySetRefused, ForeignVaultRefused, ClientError, CliError usage
 */
export async function openSource(
  { set: path, custody }: SourceOptions,
  { name, federation }: { readonly name: string; readonly federation: Federation },
  passphrase: SecretBytes,
  output: Output,
): Promise<Source> {
  if (custody !== undefined) {
    if (path !== undefined) throw usageError('A vault is one or the other.', 'Give --set or --custody.')
    const { vault, notes } = checkForeignVault(await readCustody({ path: custody, passphrase }))
    for (const { sentence } of notes) output.warn(sentence)
    return { vault: guardedForeignVault(vault, { name, federation }), unvault: null }
  }
  const set = await openRecoverySet(path ?? RECOVERY_SET, passphrase)
  return { vault: guardedVaultOf(set, { name, federation }), unvault: unvaultToJson(set) }
}

/**
 * All that members would be told of it, in one order: the same unvault may lead to another deep cold, and the same
 * transactions may be given with another wait.
 * @throws CliError files-disagree
 */
export function requireSameVault(path: string, manifest: Manifest, vault: GuardedVault): void {
  if (termsOf(manifest) === termsOf(vault)) return
  throw new CliError(
    'files-disagree',
    `${path} enrols another recovery set than the one given.`,
    'Give the set that it was made from, or another --enrolment.',
  )
}

function termsOf({ deposit, csv, act_at, unvaults, emergency, dead_man }: Omit<GuardedVault, 'name' | 'activation_delay'> | Manifest): string {
  const rung = ({ txid, wtxid, vsize, fee, feerate }: Manifest['emergency'][number] | GuardedVault['emergency'][number]) =>
    [txid, wtxid, vsize, String(fee), feerate]
  return JSON.stringify([
    [deposit.outpoint, String(deposit.value), toHex(deposit.script), deposit.funding, csv, act_at],
    unvaults.map(({ txid, vout, vsize, fee, clawback, anyone_can_pay, anchored }) => [
      [txid, vout, vsize, String(fee)],
      clawback.map(rung),
      anyone_can_pay && [...rung(anyone_can_pay), anyone_can_pay.outputs_hash],
      anchored && rung(anchored),
    ]),
    emergency.map(rung),
    dead_man.map(rung),
  ])
}
