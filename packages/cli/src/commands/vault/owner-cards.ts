/** Whose keys may do what with a vault, from the cards of its owners and guardians. */
import { type Card, type Manifest, type OwnerKeys, parseCard, refuseOn, soleOwner, verifier, verifyCard } from '@belfry/client'
import type { Option } from 'commander'
import { integer, option } from '../../command.ts'
import { CliError, usageError } from '../../errors.ts'
import { readParsed } from '../../files/read-parsed.ts'

/** Of one list of keys in a manifest. */
const MAX_KEYS = 16

export interface CardOptions {
  readonly ownerCard?: readonly string[]
  readonly guardianCard?: readonly string[]
  readonly announceCard?: readonly string[]
  readonly enrolK?: number
  readonly panicK?: number
}

export function cardOptions(): Option[] {
  return [
    option('--owner-card <files...>', 'cards of all further owners, whose keys enrol and call a panic, too'),
    option('--guardian-card <files...>', 'cards of all guardians, whose keys call a panic, too'),
    option('--announce-card <files...>', 'cards of owners whose keys announce spends'),
    integer('--enrol-k <count>', 'enrolment keys that must sign a new generation (default: more than half of those named)', 1, MAX_KEYS),
    integer('--panic-k <count>', 'keys that must call a panic (default: 1, with guardians 2)', 1, 2 * MAX_KEYS),
  ]
}

/**
 * @param before the keys of the generation before: what is not said anew stays as it was
 * @throws CliError usage; FederationError; ClientError
 */
export async function readOwnerKeys(options: CardOptions, root: string, before?: OwnerKeys): Promise<OwnerKeys> {
  const { ownerCard, guardianCard, announceCard, enrolK, panicK } = options
  const { enrol, announce: announcing, panic } = before ?? soleOwner(root)
  const owners = ownerCard ? [root, ...(await keysOf(ownerCard, 'owner'))] : enrol.keys
  const guardians = guardianCard ? await keysOf(guardianCard, 'guardian') : panic.keys.filter((key) => !enrol.keys.includes(key))
  const announce = announceCard ? await keysOf(announceCard, 'owner') : announcing
  const all = [...owners, ...guardians]
  const callers = ownerCard || guardianCard || !before ? all : panic.keys
  const repeated = [all, announce].flatMap((keys) => keys.filter((key, at) => keys.indexOf(key) !== at))
  if (repeated[0] !== undefined)
    throw usageError(`The key ${repeated[0]} is named twice.`, "Name each card once; this owner's own key is always among them.")
  const enrolled = ownerCard ? Math.floor(owners.length / 2) + 1 : enrol.k
  const panicking = ownerCard || guardianCard ? (guardians.length > 0 ? 2 : 1) : panic.k
  return {
    enrol: { k: atMost('--enrol-k', enrolK ?? enrolled, owners), keys: owners },
    announce,
    panic: { k: atMost('--panic-k', panicK ?? panicking, callers), keys: callers },
  }
}

/**
 * A stored enrolment is sent as it is: whoever asks for other keys now must not believe that he gets them.
 * @throws CliError usage, files-disagree
 */
export async function requireSameKeys(
  path: string,
  { owner: { root: _root, ...stored } }: Manifest,
  options: CardOptions,
  root: string,
  before?: OwnerKeys,
): Promise<void> {
  const isAsked = [options.ownerCard, options.guardianCard, options.announceCard, options.enrolK, options.panicK].some((one) => one !== undefined)
  if (!isAsked) return
  const asked = await readOwnerKeys(options, root, before)
  if (JSON.stringify(keysJson(asked)) === JSON.stringify(keysJson(stored))) return
  throw new CliError(
    'files-disagree',
    `${path} is stored with other keys than are asked for now, and it is sent as it is stored.`,
    'Leave the cards away to go on with it; or give another --enrolment for a new one, if members hold nothing of this one yet.',
  )
}

function atMost(flag: string, k: number, keys: readonly string[]): number {
  if (k <= keys.length) return k
  throw usageError(`${flag} asks for ${k} of ${keys.length} keys.`, 'Ask for fewer, or name more cards.')
}

async function keysOf(paths: readonly string[] = [], role: Card['role']): Promise<string[]> {
  return await Promise.all(
    paths.map(async (path) => {
      const card = await readParsed(path, 'a card', parseCard)
      refuseOn(verifyCard(verifier, card))
      if (card.role === role && card.owner_key !== null) return card.owner_key
      throw usageError(`${path} is the card of a ${card.role}, not of a ${role}.`, `Give the card that belfry init --role ${role} made.`)
    }),
  )
}

export function keysJson({ enrol, announce, panic }: OwnerKeys) {
  return { enrol: { k: enrol.k, keys: [...enrol.keys] }, announce: [...announce], panic: { k: panic.k, keys: [...panic.keys] } }
}
