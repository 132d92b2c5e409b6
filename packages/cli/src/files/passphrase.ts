import { type SecretBytes, readPassphraseFile } from '@belfry/client'
import type { Option } from 'commander'
import { option, required } from '../command.ts'

export interface PassphraseOptions {
  readonly passphraseFile: string
  readonly allowGroupReadablePassphrase?: boolean
}

/** A passphrase comes from a file and from nowhere else: arguments and environments are read by other programs. */
export function passphraseOptions(): Option[] {
  return [
    required('--passphrase-file <file>', 'file with the passphrase of the key files, readable by you alone'),
    option('--allow-group-readable-passphrase', 'accept a passphrase file that its group can read (Kubernetes mounts)'),
  ]
}

/** The caller wipes it. @throws KeystoreError */
export function readPassphrase({ passphraseFile, allowGroupReadablePassphrase = false }: PassphraseOptions): Promise<SecretBytes> {
  return readPassphraseFile(passphraseFile, { allowGroupReadable: allowGroupReadablePassphrase })
}
