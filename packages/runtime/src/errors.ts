import { CodedError } from '@belfry/protocol/primitives'

export type RuntimeErrorCode =
  | 'log-foreign' // not a log of ours
  | 'log-newer' // written by a later version
  | 'log-gap' // an entry is missing, or one too many
  | 'log-undecodable' // an entry or the snapshot is damaged
  | 'log-contradictory' // a record decodes but cannot have followed those before it
  | 'disk-failed'
  | 'core-broken' // the core threw: an invariant does not hold
  | 'effect-threw' // the shell threw where it must not

const REMEDY: Readonly<Record<RuntimeErrorCode, string>> = {
  'log-foreign': 'Check that the data directory is the right one.',
  'log-newer': 'Run the version that wrote it or a later one, or restore a backup made by this version.',
  'log-gap': 'Do not delete anything; restore the data directory from a backup, which starts in quarantine.',
  'log-undecodable': 'Do not delete anything; check the disk and restore the data directory from a backup.',
  'log-contradictory': 'Do not delete anything; report it with the version, and restore the data directory from a backup.',
  'disk-failed': 'Check the free space and the health of the disk, then start again; nothing unsynced was acted upon.',
  'core-broken': 'Keep the data directory, report it with the log, and start again.',
  'effect-threw': 'Report it with the log, and start again.',
}

export class RuntimeError extends CodedError<RuntimeErrorCode> {
  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, REMEDY[code], options)
  }
}
