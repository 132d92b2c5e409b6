/** One incident: given, answered, checked. */
import { type Bitcoind } from '../../packages/client/src/index.ts'
import type { RegtestNode } from '../../packages/client/src/regtest.ts'
import type { Answer, Theft } from './thefts.ts'
import type { Notice, Witness } from './witness.ts'

export interface Reaction {
  readonly theft: Theft
  readonly answer: Answer
  /** The trigger at the first bitcoind that had it. */
  readonly started: Notice
  /** The answer at the first bitcoind that accepted it. */
  readonly answered: Notice
  /** Between these two. */
  readonly took_ms: number
}

/** What bitcoind says of what a neighbour of its own told it a moment before. */
const KNOWN_ALREADY = /already in (?:utxo set|mempool)|txn-already-known/i

/** No right answer came. */
export class Unanswered extends Error {}

/**
 * Gives the theft to these bitcoinds at once, and waits for the first answer.
 * @throws Unanswered
 */
export async function react(witness: Witness, nodes: readonly RegtestNode[], theft: Theft, limit_ms: number): Promise<Reaction> {
  const { start, answers } = theft
  witness.begin()
  const given = Promise.all(nodes.map(({ bitcoind }) => giveOnce(theft, bitcoind)))
  const [started, answered] = await Promise.all([
    witness.first(start.kind, [start.id], limit_ms),
    witness.first('accepted', answers.map(({ txid }) => txid), limit_ms),
    given,
  ])
  const answer = answers.find(({ txid }) => txid === answered?.id)
  if (started === null || answered === null || answer === undefined) {
    throw new Unanswered(`${theft.vault.name}: ${started === null ? 'no bitcoind took the theft' : `no answer within ${limit_ms} ms`}`)
  }
  return { theft, answer, started, answered, took_ms: answered.at_ms - started.at_ms }
}

async function giveOnce(theft: Theft, bitcoind: Bitcoind): Promise<void> {
  try {
    await theft.give(bitcoind)
  } catch (error) {
    if (!(error instanceof Error) || !KNOWN_ALREADY.test(error.message)) throw error
  }
}

/**
 * The limit: whoever holds the finished answer and does nothing but send it where the trigger is seen first. No votes, no
 * shares, no disk.
 */
export async function reactBare(witness: Witness, nodes: readonly RegtestNode[], theft: Theft, limit_ms: number): Promise<Reaction> {
  const { start, answers: [answer] } = theft
  if (answer === undefined) throw new RangeError('a theft has an answer')
  const reaction = react(witness, nodes, theft, limit_ms)
  // Begun within react, before anything was awaited: so this waits for the notice of this theft.
  const sent = witness.first(start.kind, [start.id], limit_ms)
    .then(async (notice) => notice && await nodes[notice.node]?.bitcoind.sendRawTransaction(answer.raw))
  const [answered] = await Promise.all([reaction, sent])
  return answered
}
