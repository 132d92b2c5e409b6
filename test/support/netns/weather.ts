/** What the network does to the members: delay, loss, and who hears whom. Everything else is as the kernel does it. */
import type { Place } from './place.ts'
import { addressOf } from './wires.ts'

/** Where every member listens for the others. */
export const PEER_PORT = 4_001
const RELAY_PORT = 5_001

export type Talk = 'all' | 'chain'

interface Conditions {
  /** Of the packets that reach this member, in percent. */
  loss: number
  delayed: boolean
  /** Members of whom nothing reaches this one. */
  readonly deafTo: Set<number>
  /** The same, for the talk between bitcoinds alone. */
  readonly chainDeafTo: Set<number>
}

export class Weather {
  readonly #places: readonly Place[]
  readonly #conditions: readonly Conditions[]
  readonly #bitcoindPorts: readonly number[]

  /** @param bitcoindPorts at which the bitcoinds listen for each other, in the order of the members */
  constructor(places: readonly Place[], bitcoindPorts: readonly number[]) {
    this.#places = places
    this.#bitcoindPorts = bitcoindPorts
    this.#conditions = places.map(() => ({ loss: 0, delayed: false, deafTo: new Set(), chainDeafTo: new Set() }))
  }

  /** Every member loses so many percent of the packets that reach it. */
  async lose(percent: number): Promise<void> {
    for (const one of this.#conditions) one.loss = percent
    await this.#apply()
  }

  /**
   * Every byte between two members' nodes is held back for so long, in both directions. Connections that stand are reset, so
   * that they are made anew through the relay. The bitcoinds' talk is not held back.
   */
  async delay(ms: number): Promise<void> {
    await Promise.all(this.#places.map((place) =>
      place.ask({ want: 'relay', port: RELAY_PORT, to: { host: place.host, port: PEER_PORT }, delay_ms: ms })))
    for (const one of this.#conditions) one.delayed = true
    await this.#apply()
  }

  /** Nothing that these say reaches those. */
  async deafen(those: readonly number[], these: readonly number[], talk: Talk = 'all'): Promise<void> {
    for (const that of those) {
      const one = this.#conditions[that - 1]
      for (const it of these) (talk === 'all' ? one?.deafTo : one?.chainDeafTo)?.add(it)
    }
    await this.#apply()
  }

  /** Nothing goes between these and the others, either way. */
  async part(these: readonly number[], talk: Talk = 'all'): Promise<void> {
    const others = this.#places.map((_, at) => at + 1).filter((index) => !these.includes(index))
    await this.deafen(these, others, talk)
    await this.deafen(others, these, talk)
  }

  /** All is well again. */
  async clear(): Promise<void> {
    const wereDelayed = this.#conditions.some(({ delayed }) => delayed)
    for (const one of this.#conditions) {
      one.loss = 0
      one.delayed = false
      one.deafTo.clear()
      one.chainDeafTo.clear()
    }
    await this.#apply()
    if (wereDelayed) await Promise.all(this.#places.map((place) => place.ask({ want: 'unlisten', port: RELAY_PORT })))
  }

  async #apply(): Promise<void> {
    await Promise.all(this.#places.map(async (place, at) => {
      const conditions = this.#conditions[at]
      if (conditions !== undefined) await place.rule(chainsOf(conditions, this.#bitcoindPorts))
    }))
  }
}

function chainsOf({ loss, delayed, deafTo, chainDeafTo }: Conditions, bitcoindPorts: readonly number[]): string[] {
  const peers = `iifname "eth0" tcp dport ${PEER_PORT}`
  const ports = bitcoindPorts.join(', ')
  return [
    'chain delayed {',
    'type nat hook prerouting priority dstnat',
    ...(delayed ? [`${peers} redirect to :${RELAY_PORT}`] : []),
    '}',
    'chain heard {',
    'type filter hook input priority 0',
    ...(deafTo.size > 0 ? [`ip saddr { ${addressesOf(deafTo)} } drop`] : []),
    ...(chainDeafTo.size > 0
      ? ['sport', 'dport'].map((port) => `ip saddr { ${addressesOf(chainDeafTo)} } tcp ${port} { ${ports} } drop`)
      : []),
    ...(loss > 0 ? [`iifname "eth0" numgen random mod 100 < ${loss} drop`] : []),
    // Connections from before the delay.
    ...(delayed ? [`${peers} reject with tcp reset`] : []),
    '}',
  ]
}

function addressesOf(members: ReadonlySet<number>): string {
  return [...members].map(addressOf).join(', ')
}
