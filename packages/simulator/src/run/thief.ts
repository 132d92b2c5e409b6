/** The thief: steals the vault as the plan says, and takes the coin the moment that the window ends. */
import { type Hasher } from '@belfry/protocol'
import { type BitcoinNetwork, type SimBitcoind, type SimTx, makeTx } from '../chain/index.ts'
import type { Deal } from '../federation/index.ts'
import type { Vaults } from '../shell/index.ts'
import type { Random } from '../world/index.ts'

export interface ThiefModules {
  readonly bitcoin: BitcoinNetwork
  readonly vaults: Vaults
  readonly random: Random
  readonly hasher: Hasher
  readonly say: (what: string) => void
}

/** More than anything else pays. */
const HIGHEST_RATE = 5_000_000
/** Blocks until his transaction is mined whatever it pays. */
const MAX_PATIENCE = 6

export class Thief {
  readonly #modules: ThiefModules
  readonly #deal: Deal
  /** What he has sent to spend the deposit, the last of it last. */
  readonly #sent: SimTx[] = []

  constructor(deal: Deal, modules: ThiefModules) {
    this.#deal = deal
    this.#modules = modules
  }

  /** What spends the deposit in the best chain, where and how; null while nothing does. */
  get confirmed(): { readonly tx: SimTx; readonly height: number } | null {
    const { tip } = this.#modules.bitcoin
    const tx = tip.spent.get(this.#deal.manifest.deposit.outpoint)
    const height = tx && tip.confirmed.get(tx.txid)
    return tx && height !== undefined ? { tx, height } : null
  }

  /** `isElsewhere`: beside what he sent before, to another part of the network; else in its place. */
  unvault({ isMined, isElsewhere = false }: { isMined: boolean; isElsewhere?: boolean }): void {
    const { random } = this.#modules
    const last = this.#sent.at(-1)
    const left = this.#deal.unvaults.filter((tx) => (isElsewhere ? !this.#sent.includes(tx) : tx.feerate > (last?.feerate ?? 0)))
    const [tx] = random.sample(left, 1)
    if (tx !== undefined) this.#send(tx, isMined, isElsewhere)
  }

  /** With the cold keys he writes what he likes. */
  stealCold({ isElsewhere = false }: { isElsewhere?: boolean } = {}): void {
    const { hasher, random, vaults } = this.#modules
    const tx = makeTx(hasher, {
      purpose: 'cold-spend',
      label: String(this.#sent.length),
      spends: this.#deal.manifest.deposit.outpoint,
      feerate: random.pick([2_000, 30_000, 100_000]),
      vsize: 158,
    })
    vaults.addTx(tx)
    this.#send(tx, true, isElsewhere)
  }

  /** Whatever was sent and not mined is forgotten by everybody. */
  vanish(): void {
    for (const { txid } of this.#sent) this.#modules.bitcoin.evictEverywhere(txid)
  }

  /** The next block takes whatever spends the deposit, and what was sent last where nothing does. */
  insist(): void {
    const { bitcoin } = this.#modules
    bitcoin.censors = false
    const last = this.#sent.at(-1)
    if (last) bitcoin.miner.submit(last)
    const spender = bitcoin.miner.mempoolSpender(this.#deal.manifest.deposit.outpoint)
    if (spender) bitcoin.sponsored.set(spender.txid, 0)
  }

  /** With each block: at the end of the window the hot key may spend, and does. */
  onBlock(): void {
    const { bitcoin, hasher } = this.#modules
    const unvaulted = this.confirmed
    const { csv } = this.#deal.plan
    if (unvaulted?.tx.purpose !== 'unvault' || bitcoin.tip.ref.height + 1 < unvaulted.height + csv) return
    if (bitcoin.tip.spent.has(unvaulted.tx.output)) return
    const spends = unvaulted.tx.output
    const tx = makeTx(hasher, { purpose: 'hot-spend', label: 'loot', spends, feerate: HIGHEST_RATE, vsize: 138, csv })
    bitcoin.sponsored.set(tx.txid, 0)
    bitcoin.miner.submit(tx)
  }

  /** Given to one bitcoind of the network, as in life; the others hear of it by relay. */
  #send(tx: SimTx, isMined: boolean, isElsewhere: boolean): void {
    const { bitcoin, random, say } = this.#modules
    this.#sent.push(tx)
    if (isMined) bitcoin.sponsored.set(tx.txid, bitcoin.tip.ref.height + random.int(1, MAX_PATIENCE))
    const all = [bitcoin.miner, ...bitcoin.nodes]
    // Elsewhere: where nobody has heard of what he sent before, if there is such a place.
    const unaware = isElsewhere ? all.filter((node) => !this.#sent.some(({ txid }) => node.knows(txid))) : []
    const entry: SimBitcoind = random.pick(unaware.length > 0 ? unaware : all)
    say(`the thief sends ${tx.purpose} ${tx.txid.slice(0, 6)} at ${tx.feerate} to ${entry.name}`)
    entry.submit(tx)
    bitcoin.relay(tx, entry)
  }
}
