/** What every order's command line says: whose, of which vault, with which key, and how far to go now. */
import type { Option } from 'commander'
import { integer, option } from '../command.ts'
import { type ConfirmOptions, confirmOptions } from '../confirm.ts'
import { usageError } from '../errors.ts'
import { type BitcoindOptions, bitcoindOptions } from '../files/bitcoind.ts'
import { type OwnerOptions, ownerOptions } from '../files/owner.ts'
import { type PassphraseOptions, passphraseOptions } from '../files/passphrase.ts'

export interface OrderOptions extends OwnerOptions, PassphraseOptions, BitcoindOptions, ConfirmOptions {
  readonly vault?: string
  readonly signOnly?: string
  readonly countersign?: string
  readonly send?: string
  readonly wait: number
}

const MAX_WAIT_S = 24 * 60 * 60

/** @param wait seconds to follow what comes of it */
export function orderOptions(wait: number): Option[] {
  return [
    ...ownerOptions(),
    option('--vault <vault>', 'its id, or the enrolment file that it was enrolled with'),
    ...passphraseOptions(),
    option('--sign-only <file>', 'sign it into this file, for other keys to sign too, and send nothing'),
    option('--countersign <file>', "add this key's signature to the order in this file, and send nothing"),
    option('--send <file>', 'send the signed order in this file'),
    ...confirmOptions(),
    integer('--wait <seconds>', 'how long to follow what comes of it', 0, MAX_WAIT_S).default(wait),
    ...bitcoindOptions(),
  ]
}

/** How far to go: everything at once with one key, or one step of several on several devices. */
export type Stage =
  | { readonly stage: 'all' }
  | { readonly stage: 'sign-only' | 'countersign' | 'send'; readonly file: string }

/** @throws CliError usage */
export function stageOf({ signOnly, countersign, send }: OrderOptions): Stage {
  const named = [
    ...(signOnly === undefined ? [] : [{ stage: 'sign-only' as const, file: signOnly }]),
    ...(countersign === undefined ? [] : [{ stage: 'countersign' as const, file: countersign }]),
    ...(send === undefined ? [] : [{ stage: 'send' as const, file: send }]),
  ]
  const [first, second] = named
  if (second !== undefined) throw usageError('One step is taken at a time.', 'Give one of --sign-only, --countersign and --send.')
  return first ?? { stage: 'all' }
}

