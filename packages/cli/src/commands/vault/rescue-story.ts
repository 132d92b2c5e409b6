/** A rescue as it goes on: JSON lines for programs, or words for people. */
import type { Coin, RescueEvent, VaultPlan } from '@belfry/client'
import { type JsonObject, type Output, count, satPerVb } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'

const WAITS = {
  'unvault-confirms': 'Waiting for the unvault to confirm: until then it gives the hot key nothing, and the clawback stays a secret.',
  'coin-moves': 'The coin is in its deposit again: waiting for it to move. Start it again with --emergency to bring it to deep cold now.',
  'chain-catches-up': 'Waiting for bitcoind to know where the coin is.',
  'deep-enough': 'Waiting for more blocks.',
} as const

export class RescueStory {
  readonly #plan: VaultPlan
  readonly #output: Output
  readonly #now: () => number

  constructor(plan: VaultPlan, { output, now }: Shell) {
    this.#plan = plan
    this.#output = output
    this.#now = now
  }

  tell(told: RescueEvent): void {
    if (told.event === 'searching') this.#output.count('blocks searched for what took the coin', told.done, told.of)
    else if (this.#output.json) this.#output.event(told.event, this.#now(), fieldsOf(told))
    else this.#say(told)
  }

  #say(told: Exclude<RescueEvent, { event: 'searching' }>): void {
    const output = this.#output
    switch (told.event) {
      case 'coin':
        output.progress(`Block ${told.tip}: ${sentenceOf(told.coin, this.#plan)}`)
        break
      case 'sent': {
        const { id, txid, feerate } = told.rung
        output.progress(`${told.again ? 'Sent again' : 'Sent'}: ${id} ${txid} at ${satPerVb(feerate)}.`)
        break
      }
      case 'refused':
        output.progress(`bitcoind does not take ${told.rung.id} at ${satPerVb(told.rung.feerate)} now: ${told.reason}`)
        break
      case 'waiting':
        output.progress(WAITS[told.until])
        break
      case 'late':
        output.warn(`${count(told.blocks_left, 'block')} until the hot key can spend, and no clawback has confirmed.`)
        break
      case 'depth':
        output.progress(`${told.depth} of ${count(told.of, 'confirmation')}.`)
        break
      case 'behind':
        output.warn(`bitcoind is ${told.blocks === null ? 'still catching up with the chain' : `${count(told.blocks, 'block')} behind`}: what it says of the coin may be old.`)
        break
      case 'trouble':
        output.warn(`bitcoind gives no answer (${told.reason}); it is asked again and again.`)
        break
    }
  }
}

function sentenceOf(coin: Coin, { csv }: VaultPlan): string {
  switch (coin.where) {
    case 'deposit':
      if (coin.waiting === null) return 'the coin is in its deposit.'
      if (coin.waiting.rung !== null) return `${coin.waiting.rung.id} is waiting to confirm.`
      return `a transaction that is none of this vault's is spending the deposit: ${coin.waiting.txid ?? 'bitcoind does not say which'}.`
    case 'unvaulted': {
      const { variant, height, waiting } = coin
      const unvault = `${variant.unvault.id} ${variant.unvault.txid}`
      const answer =
        waiting === null ? '' : waiting.rung === null ? ` ${waiting.txid ?? 'Another transaction'} is spending it.` : ` ${waiting.rung.id} is waiting to confirm.`
      if (height === null) return `${unvault} is waiting to confirm.${answer}`
      return `${unvault} confirmed in block ${height}; from block ${height + csv} on the hot key can spend.${answer}`
    }
    case 'saved':
      return `${coin.id ?? coin.txid} has brought the coin to deep cold, in block ${coin.height}.`
    case 'taken':
      return `${coin.id ?? 'another transaction'}, ${coin.txid}, has taken the coin in block ${coin.height}. It is too late, unless the chain reorganises.`
    case 'not-found':
      return 'the coin is neither unspent nor found spent.'
  }
}

function fieldsOf(told: Exclude<RescueEvent, { event: 'searching' }>): JsonObject {
  switch (told.event) {
    case 'coin':
      return { tip_height: told.tip, ...coinJson(told.coin) }
    case 'sent': {
      const { id, txid, feerate, fee } = told.rung
      return { id, txid, sat_vb: feerate / 1000, fee_sats: Number(fee), again: told.again }
    }
    case 'refused':
      return { id: told.rung.id, answer: told.answer, reason: told.reason }
    case 'waiting':
      return { until: told.until }
    case 'late':
      return { blocks_left: told.blocks_left }
    case 'depth':
      return { depth: told.depth, of: told.of }
    case 'behind':
      return { blocks: told.blocks }
    case 'trouble':
      return { code: told.code, reason: told.reason }
  }
}

function coinJson(coin: Coin): JsonObject {
  switch (coin.where) {
    case 'deposit':
      return { where: coin.where, spent_by: coin.waiting?.txid ?? null, being_spent: coin.waiting !== null }
    case 'unvaulted': {
      const { variant, height, waiting } = coin
      return { where: coin.where, id: variant.unvault.id, txid: variant.unvault.txid, height, spent_by: waiting?.txid ?? null, being_spent: waiting !== null }
    }
    case 'saved':
      return { where: coin.where, id: coin.id, txid: coin.txid, height: coin.height }
    case 'taken':
      return { where: coin.where, from: coin.from, id: coin.id, txid: coin.txid, height: coin.height }
    case 'not-found':
      return { where: coin.where }
  }
}
