import { type SecretBytes, readPassphraseFile } from '@belfry/client'
import type { Option } from 'commander'
import { option, required } from '../command.ts'
import { usageError } from '../errors.ts'

export interface PassphraseOptions {
  readonly passphraseFile: string
  readonly allowGroupReadablePassphrase?: boolean
}

/** Of commands that unlock something in some of their uses only. */
export type MaybePassphraseOptions = Partial<PassphraseOptions>

/** A passphrase comes from a file and from nowhere else: arguments and environments are read by other programs. */
export function passphraseOptions({ optional = false } = {}): Option[] {
  const make = optional ? option : required
  return [
    make('--passphrase-file <file>', 'file with the passphrase of the key files, readable by you alone'),
    option('--allow-group-readable-passphrase', 'accept a passphrase file that its group can read (Kubernetes mounts)'),
  ]
}

/** The caller wipes it. @throws KeystoreError; CliError usage where none is given */
export function readPassphrase({
  passphraseFile,
  allowGroupReadablePassphrase = false,
}: MaybePassphraseOptions): Promise<SecretBytes> {
  if (passphraseFile === undefined) throw usageError('A passphrase is needed here.', 'Give --passphrase-file.')
  return readPassphraseFile(passphraseFile, { allowGroupReadable: allowGroupReadablePassphrase })
}
