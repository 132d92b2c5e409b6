/** What a chain fact means to the incidents of a vault, in the words of their stories. */
import type { ChainEvent } from '../chain/index.ts'
import type { Trigger } from '../messages/vote.ts'
import type { Feerate, IncidentId, Txid } from '../primitives/index.ts'
import type { Vault } from '../state/durable.ts'
import type { StoryEvent } from '../state/story.ts'
import type { Turn } from '../state/turn.ts'
import { feerateOf, recoveryBy } from './recovery.ts'
import { isTriggeredBy, recoveryRung } from './trigger.ts'

type SpendFact = Extract<ChainEvent, { event: `spend-${string}` }>
type Role = 'trigger' | 'recovery' | 'other-spend'
type Change = 'seen' | 'replaced' | 'gone' | 'confirmed' | 'unconfirmed'

const CHANGE: Record<SpendFact['event'], Change> = {
  'spend-seen': 'seen',
  'spend-replaced': 'replaced',
  'spend-evicted': 'gone',
  'spend-confirmed': 'confirmed',
  'spend-unconfirmed': 'unconfirmed',
}

const WORDS: Record<Role, Record<Change, StoryEvent | null>> = {
  trigger: {
    seen: 'trigger-seen',
    replaced: 'trigger-replaced',
    gone: 'trigger-gone',
    confirmed: 'trigger-confirmed',
    unconfirmed: 'trigger-unconfirmed',
  },
  recovery: {
    seen: 'recovery-seen',
    replaced: 'recovery-seen',
    gone: 'recovery-gone',
    confirmed: 'recovery-confirmed',
    unconfirmed: 'recovery-unconfirmed',
  },
  'other-spend': {
    seen: 'other-spend-seen',
    replaced: 'other-spend-seen',
    gone: null,
    confirmed: 'other-spend-confirmed',
    unconfirmed: null,
  },
}

/** Adds the fact to the story of one incident of the vault. */
export function chronicle(turn: Turn, incident_id: IncidentId, kind: Trigger, vault: Vault, fact: SpendFact): void {
  const txid = 'tx' in fact ? fact.tx.txid : fact.txid
  const recovery = recoveryIn(turn, incident_id, vault, fact, txid)
  const word = WORDS[recovery ? 'recovery' : roleOf(vault, kind, fact, txid)][CHANGE[fact.event]]
  if (word === null) return
  turn.note(incident_id, word, { txid, feerate: recovery?.feerate ?? null })
  if (word === 'recovery-confirmed' || word === 'recovery-seen' || word === 'trigger-gone' || word === 'trigger-confirmed') {
    turn.tell({ level: 'warn', event: word, incident_id, txid })
  }
}

/** A spend that left is named by its txid alone: an A with a coin is then known from the story. */
function recoveryIn(
  turn: Turn,
  incident_id: IncidentId,
  vault: Vault,
  fact: SpendFact,
  txid: Txid,
): { readonly feerate: Feerate | null } | null {
  if (!('tx' in fact)) {
    const told = turn.incident(incident_id)?.story.find((one) => one.event === 'recovery-seen' && one.txid === txid)
    return recoveryRung(vault, txid) ?? told ?? null
  }
  const recovery = recoveryBy(vault, fact.outpoint, fact.tx)
  return recovery && { feerate: feerateOf(recovery, fact.tx) }
}

function roleOf(vault: Vault, kind: Trigger, fact: SpendFact, txid: Txid): Role {
  return fact.outpoint === vault.deposit && isTriggeredBy(vault, kind, txid) ? 'trigger' : 'other-spend'
}
