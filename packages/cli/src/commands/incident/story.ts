/** A line of an incident's story as a sentence, told by the member whose story it is. */
import type { IncidentView } from '@belfry/node'

export type StoryLine = IncidentView['story'][number]

export interface Teller {
  /** The member whose story it is. */
  readonly self: string
  /** Where the recovery goes: `clawback` or `emergency`. */
  readonly action: IncidentView['action']
  /** How it names a transaction. */
  readonly txidOf: (txid: string) => string
}

type Sentence = (words: Words) => string

interface Words {
  readonly self: string
  readonly action: string
  /** Another member; `a member` where it is not said. */
  readonly member: string
  /** ` 12ab…`, or nothing. */
  readonly txid: string
  /** ` at 50 sat/vB`, or nothing. */
  readonly rung: string
  readonly detail: string
}

/** Every event that a story may hold; an event of a later version is told by its name. */
const SENTENCES: Readonly<Record<string, Sentence>> = {
  opened: ({ self, detail }) => `${self} opens the incident: ${detail}.`,
  'trigger-seen': ({ self, txid }) => `${self} sees${txid} spend the vault, in its mempool.`,
  'trigger-offered': ({ self, member, txid }) => `${member} shows${txid} to ${self}, whose bitcoind would take it.`,
  'trigger-replaced': ({ self, txid }) => `${self} sees it replaced by${txid}.`,
  'trigger-gone': ({ self, txid }) => `${self} sees${txid} leave its mempool.`,
  'trigger-confirmed': ({ self, txid }) => `${self} sees${txid} confirmed.`,
  'trigger-unconfirmed': ({ self, txid }) => `The block with${txid} leaves the chain of ${self}.`,
  voted: ({ self, action }) => `${self} votes for the ${action}.`,
  'vote-received': ({ self, member }) => `${self} receives the vote of ${member}.`,
  certified: ({ self, detail }) => `${self} holds a certificate: ${detail}.`,
  released: ({ self, member, rung }) => `${self} hands its share of the transaction${rung} to ${member}.`,
  'share-opened': ({ self, member }) => `${self} opens ${member === self ? 'its own share' : `a share of ${member}`}; it matches its commitment.`,
  'share-refused': ({ self, member }) => `${self} refuses a share of ${member}: it is not what was committed to.`,
  rebuilt: ({ self, action, txid, rung }) => `${self} rebuilds the ${action}${txid}${rung} from the shares.`,
  'bad-dealer': ({ self, rung }) =>
    `${self} cannot rebuild the transaction${rung} although every share matches: the dealer sealed something else.`,
  broadcast: ({ self, action, txid, rung }) => `${self} broadcasts the ${action}${txid}${rung}; its bitcoind takes it.`,
  'broadcast-refused': ({ self, txid, rung, detail }) =>
    `The bitcoind of ${self} does not take${txid}${rung}: ${detail}.`,
  'broadcast-by-member': ({ member, action, txid, rung }) =>
    `${member} says that it broadcast the ${action}${txid}${rung}.`,
  bumped: ({ self, action, txid, rung }) =>
    `${self} pays for the ${action}${txid} with a fee coin${rung}; its bitcoind takes it.`,
  'bump-refused': ({ self, rung, detail }) => `${self} cannot pay for the recovery with a fee coin${rung}: ${detail}.`,
  'fee-turn-passed': ({ member }) => `Nothing came of the last payer: it is the turn of ${member} to pay with a fee coin.`,
  'recovery-seen': ({ self, action, txid, rung }) => `${self} sees the ${action}${txid}${rung} in its mempool.`,
  'recovery-gone': ({ self, action, txid }) => `${self} sees the ${action}${txid} leave its mempool.`,
  'recovery-confirmed': ({ self, action, txid, rung }) => `${self} sees the ${action}${txid}${rung} confirmed.`,
  'recovery-unconfirmed': ({ self, action, txid }) =>
    `The block with the ${action}${txid} leaves the chain of ${self}.`,
  'other-spend-seen': ({ self, txid }) => `${self} sees another transaction${txid} spend the coin.`,
  'other-spend-confirmed': ({ self, txid }) =>
    `${self} sees another transaction${txid} confirmed that spends the coin.`,
  exposed: () => 'The vault is exposed: a recovery transaction may be known outside although it did not confirm.',
  settled: ({ txid, detail }) => `Settled: ${detail}, by${txid}, 100 blocks deep.`,
}

export function sentenceOf(line: StoryLine, { self, action, txidOf }: Teller): string {
  const { event, member, txid, sat_vb, detail } = line
  const words: Words = {
    self,
    action,
    member: member === null ? 'a member' : member.name,
    txid: txid === null ? '' : ` ${txidOf(txid)}`,
    rung: sat_vb === null ? '' : ` at ${sat_vb} sat/vB`,
    detail: detail ?? 'no more is known',
  }
  return SENTENCES[event]?.(words) ?? `${event}${words.txid}${words.rung}.`
}
