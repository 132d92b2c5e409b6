/** `federation.change.json`: the next definition of a federation, with the lock that it is to follow. */
import type { Hasher, Verifier } from '../crypto/index.ts'
import { type Infer, type Millis, equalBytes, s, toCbor } from '../primitives/index.ts'
import type { Card } from './card.ts'
import { type Definition, type DefinitionMember, cardOf, checkDefinition, define, definitionSchema } from './definition.ts'
import { FederationError, refuseOn } from './errors.ts'
import { type FileKind, parseFile } from './file.ts'
import { type Lock, type LockBody, lockSchema, verifyLock } from './lock.ts'
import { checkSameFederation } from './succession.ts'
import { ACTIONS, type Thresholds, type ThresholdChoices, thresholdsSchema, withDefaults } from './thresholds.ts'
import { type Timing, timingSchema } from './timing.ts'

export const changeSchema = s.struct({
  format: s.literal('belfry-federation-change'),
  version: s.literal(1),
  previous: lockSchema,
  definition: definitionSchema,
})
export type Change = Infer<typeof changeSchema>

const CHANGE_FILE: FileKind<Change> = {
  name: 'federation.change.json',
  format: 'belfry-federation-change',
  version: 1,
  schema: changeSchema,
  // A lock and a definition at their maxima, indented deeper.
  max_characters: 655_360,
}

/** @throws FederationError */
export function parseChange(text: string): Change {
  return parseFile(CHANGE_FILE, text)
}

export interface ChangeInit {
  readonly previous: Lock
  /** Cards of new members; one with the name of a present member takes its place, with its new keys or addresses. */
  readonly add: readonly Card[]
  /** Names or indices of members of the previous lock. */
  readonly remove: readonly string[]
  readonly created_at: Millis
  /** What is not chosen stays as it was chosen, or follows again from the number of members if it did. */
  readonly thresholds?: ThresholdChoices
  readonly timing?: Partial<Timing>
}

/**
 * The next definition. Members that stay keep their cards; indices are given anew, in the order of names.
 * @throws FederationError the first thing that is wrong: with the previous lock, a card, a name, or the rules
 */
export function proposeChange(ports: Hasher & Verifier, init: ChangeInit): Change {
  const { previous, add, remove, created_at, timing } = init
  refuseOn(verifyLock(ports, previous))
  const { members, name, network, thresholds: before, timing: timingBefore, experimental_mainnet } = previous.definition
  const removed = new Set(remove.map((text) => memberNamed(previous.definition, text).index))
  const stays = members.filter((one) => !removed.has(one.index) && !add.some((card) => isSameName(card, one)))
  const cards = [...stays.map(cardOf), ...add]
  const definition = define(ports, {
    name,
    network,
    created_at,
    cards,
    thresholds: { ...carriedOver(members.length, before), ...init.thresholds },
    timing: { ...timingBefore, ...timing },
    experimental_mainnet,
  })
  const change = { format: 'belfry-federation-change' as const, version: 1 as const, previous, definition }
  refuseOn(checkChange(ports, change))
  return change
}

/** Everything wrong with a change; none means that its definition may be signed as what follows its lock. */
export function checkChange(ports: Hasher & Verifier, { previous, definition }: Change): readonly FederationError[] {
  return [
    ...verifyLock(ports, previous),
    ...checkDefinition(ports, definition),
    ...checkSameFederation(previous.definition, definition),
    ...checkAnything(previous.definition, definition),
  ]
}

/** What the members of the next epoch sign. */
export function nextBody({ previous, definition }: Change): LockBody {
  const { epoch, lock_hash } = previous
  return {
    format: 'belfry-federation-lock',
    version: 1,
    definition,
    epoch: epoch + 1,
    previous_lock_hash: lock_hash,
  }
}

/** Who leaves, who joins, and who comes back with another card. */
export interface Difference {
  readonly leaving: readonly DefinitionMember[]
  readonly joining: readonly DefinitionMember[]
  readonly replaced: readonly { readonly before: DefinitionMember; readonly after: DefinitionMember }[]
  readonly staying: readonly DefinitionMember[]
}

export function differenceOf({ previous: { definition: before }, definition: after }: Change): Difference {
  const pairs = before.members.flatMap((one) => {
    const now = after.members.find((other) => isSameName(one, other))
    return now ? [{ before: one, after: now }] : []
  })
  return {
    leaving: before.members.filter((one) => !pairs.some((pair) => pair.before === one)),
    joining: after.members.filter((one) => !pairs.some((pair) => pair.after === one)),
    replaced: pairs.filter((pair) => !isSameCard(pair.before, pair.after)),
    staying: pairs.filter((pair) => isSameCard(pair.before, pair.after)).map((pair) => pair.after),
  }
}

function isSameName(a: { readonly name: string }, b: { readonly name: string }): boolean {
  return a.name.toLowerCase() === b.name.toLowerCase()
}

function isSameCard(a: DefinitionMember, b: DefinitionMember): boolean {
  const isSame = (['name', 'node_key', 'encryption_key'] as const).every((field) => a[field] === b[field])
  return isSame && a.addresses.join(' ') === b.addresses.join(' ')
}

function memberNamed({ members, name }: Definition, text: string): DefinitionMember {
  const found = members.find((one) => one.name === text) ?? members.find(({ index }) => String(index) === text)
  if (found) return found
  throw new FederationError(
    'change-of-stranger',
    `No member of ${name} has the name or index "${text.slice(0, 64)}".`,
    `Its members are: ${members.map((one) => `${one.index} ${one.name}`).join(', ')}.`,
  )
}

/** The choices among the thresholds: what was as the number of members has it by default is none. */
function carriedOver(n: number, before: Thresholds): ThresholdChoices {
  const { b, accept_no_spare_member } = before
  const usual = withDefaults(n, { b })
  const chosen = ACTIONS.filter((each) => before[each].q !== usual[each].q || before[each].t !== usual[each].t)
  return {
    ...(b === withDefaults(n).b ? {} : { b }),
    ...Object.fromEntries(chosen.map((each) => [each, before[each]])),
    accept_no_spare_member,
  }
}

const settingsSchema = s.struct({ thresholds: thresholdsSchema, timing: timingSchema })

function checkAnything(before: Definition, after: Definition): FederationError[] {
  const isSame =
    before.members.length === after.members.length &&
    before.members.every((one, at) => {
      const other = after.members[at]
      return other !== undefined && isSameCard(one, other)
    }) &&
    equalBytes(toCbor(settingsSchema, before), toCbor(settingsSchema, after))
  if (!isSame) return []
  return [
    new FederationError(
      'change-of-nothing',
      'The next definition has the same members, thresholds and timing as the lock that it follows.',
      'Say who joins with --add, or who leaves with --remove.',
    ),
  ]
}
