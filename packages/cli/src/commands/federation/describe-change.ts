/** A change of membership in words: who, how many are needed, and what the members that leave take with them. */
import {
  ACTIONS,
  type Change,
  type Definition,
  type Lock,
  type LostShares,
  consentsNeeded,
  differenceOf,
  lostShares,
} from '@belfry/client'
import { type JsonObject, type Style, list, sentenceList } from '../../output/index.ts'
import { definitionJson, describeDefinition, liarsOf, meaningOf, timingOf } from './describe.ts'

interface Named {
  readonly name: string
  readonly index: number
}

/** What is known beside the change itself. */
export interface Background {
  /** Locks before the one that is followed, oldest first. */
  readonly earlier?: readonly Lock[]
  /** Names of members that stay although they are known to lie. */
  readonly convicted?: readonly string[]
}

export function changeJson(change: Change, background: Background = {}): JsonObject {
  const { previous, definition } = change
  const { leaving, joining, replaced, staying } = differenceOf(change)
  return {
    ...definitionJson(definition),
    epoch: previous.epoch + 1,
    previous_lock_hash: previous.lock_hash,
    leaving: leaving.map(named),
    joining: joining.map(named),
    replaced: replaced.map(({ before, after }) => {
      return { index: after.index, name: after.name, new_keys: hasNewKeys(before, after) }
    }),
    staying: staying.map(named),
    consents_needed: consentsNeeded(previous.definition),
    consents_of: previous.definition.members.length,
    lost_shares: lostOf(change, background).map(({ epoch, holders, within_reach }) => {
      return { epoch, holders: holders.map(({ name }) => name), within_reach: [...within_reach] }
    }),
  }
}

/** What a member must understand before it signs or consents. */
export function describeChange(change: Change, style: Style, background: Background = {}): string[] {
  const { previous, definition } = change
  const needed = consentsNeeded(previous.definition)
  const before = previous.definition.members
  const spare = before.length - needed
  return [
    `A change of ${style('bold', definition.name)}, from epoch ${previous.epoch} to epoch ${previous.epoch + 1}.`,
    `It follows the lock ${previous.lock_hash}.`,
    '',
    ...list(whoLines(change)),
    '',
    ...thresholdLines(change),
    '',
    ...describeDefinition(definition, style),
    '',
    `It is signed by all ${definition.members.length} members of epoch ${previous.epoch + 1}, then consented to by at least ${needed} of the ${before.length} of epoch ${previous.epoch}: ${names(before)}.`,
    `So ${spare === 0 ? 'none' : spare} of these ${spare === 1 ? 'may be' : 'may be'} down or unwilling. A member consents to one lock per epoch, and cannot take it back.`,
    ...lostOf(change, background).flatMap((lost) => lostLines(lost, style)),
  ]
}

function whoLines(change: Change): [string, string][] {
  const { leaving, joining, replaced, staying } = differenceOf(change)
  const renewed = replaced.map(({ before, after }) => `${named(after).name} (${hasNewKeys(before, after) ? 'new keys' : 'new addresses'})`)
  const line = (what: string, who: readonly string[]): [string, string][] =>
    who.length === 0 ? [] : [[`  ${what}`, sentenceList(who)]]
  return [
    ...line('leaves', leaving.map(title)),
    ...line('joins', joining.map(title)),
    ...line('comes with another card', renewed),
    ...line('stays', staying.map(title)),
  ]
}

/** Whatever differs, for a liar's change may come with one that is needed. */
function thresholdLines({ previous: { definition: before }, definition: after }: Change): string[] {
  const row = (what: string, say: (definition: Definition) => string): [string, string][] => {
    const [was, is] = [say(before), say(after)]
    return was === is ? [] : [[`  ${what} before`, was], [`  ${what} then`, is]]
  }
  const rows = [
    ...ACTIONS.flatMap((action) => row(action, (definition) => meaningOf(definition, action))),
    ...row('liars', liarsOf),
    ...row('none to spare', ({ thresholds }) => (thresholds.accept_no_spare_member ? 'allowed' : 'not allowed')),
    ...row('timing', timingOf),
  ]
  return rows.length === 0 ? ['The thresholds and the timing stay as they are.'] : list(rows)
}

/** Members that leave keep their shares of every vault that was enrolled before: nothing can take these back. */
function lostLines({ epoch, holders, within_reach }: LostShares, style: Style): string[] {
  if (holders.length === 0) return []
  const who = names(holders)
  const isOne = holders.length === 1
  const keep = isOne ? 'keeps its shares' : 'keep their shares'
  const said = `Shares: ${who} ${keep} of vaults that were enrolled in epoch ${epoch}.`
  if (within_reach.length === 0) return [`${said} ${isOne ? 'Alone it opens' : 'Together they open'} nothing.`]
  return [
    said,
    style(
      'red',
      `TOGETHER THEY COULD OPEN recovery transactions of these vaults (${sentenceList(within_reach)}). Tell the owners of vaults of epoch ${epoch} to move their coins to new vaults.`,
    ),
  ]
}

function lostOf({ previous, definition }: Change, { earlier = [], convicted = [] }: Background): readonly LostShares[] {
  const keys = previous.definition.members.filter(({ name }) => convicted.includes(name)).map((one) => one.encryption_key)
  return lostShares([...earlier, previous], definition.members, keys)
}

function hasNewKeys(
  before: { readonly node_key: string; readonly encryption_key: string },
  after: { readonly node_key: string; readonly encryption_key: string },
): boolean {
  return before.node_key !== after.node_key || before.encryption_key !== after.encryption_key
}

function named({ name, index }: Named): { name: string; index: number } {
  return { index, name }
}

function title({ name, index }: Named): string {
  return `${name} (member ${index})`
}

function names(members: readonly Named[]): string {
  return sentenceList(members.map(({ name }) => name))
}
