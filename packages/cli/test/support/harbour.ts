/** A federation of three nodes on one bitcoind for a whole suite, and the hands of those outside it: payers, miners, thieves. */
import assert from 'node:assert/strict'
import { copyFile, readFile } from 'node:fs/promises'
import { type Outpoint, sats, scriptOfAddress } from '@belfry/client'
import { type Regtest, findFreePorts, pollUntil } from '@belfry/client/regtest'
import { PURSE_SCRIPT, PURSE_WITNESS_SCRIPT, serialise, txidOf } from '../../../bitcoind/src/index.ts'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { type Ceremony, holdCeremony } from './ceremony.ts'
import { Device } from './device.ts'
import { NodeProcess } from './nodes.ts'
import { type Workspace, workspace } from './workspace.ts'

export const MEMBERS = 3
const LIMIT_MS = 60_000
const FEE_SATS = 10_000
/** Of the folder in which belfry init puts a person's keys. */
const OWNER = 'owner'

/** What the hot device is given. */
interface UnvaultFile {
  readonly transactions: readonly { readonly txid: string; readonly raw: string }[]
}

export interface Prepared {
  readonly deposit: string
  readonly funding: Uint8Array
  /** Spends the same coin elsewhere. */
  readonly instead: Uint8Array
}

export class Harbour {
  readonly nodes: readonly NodeProcess[]
  readonly regtest: Regtest
  readonly #space: Workspace
  readonly #ceremony: Ceremony

  private constructor(space: Workspace, regtest: Regtest, ceremony: Ceremony, nodes: readonly NodeProcess[]) {
    this.#space = space
    this.regtest = regtest
    this.#ceremony = ceremony
    this.nodes = nodes
  }

  /** @param owners whom the members admit, by name; `person` gives their devices */
  static async open(space: Workspace, regtest: Regtest, owners: readonly string[]): Promise<Harbour> {
    const ports = await findFreePorts(Array.from({ length: 2 * MEMBERS }, (_, at) => `port ${at}`))
    const port = (at: number): number => ports[`port ${at}`] ?? 0
    const ceremony = await holdCeremony(space, {
      members: MEMBERS,
      address: (index) => `/ip4/127.0.0.1/tcp/${port(index - 1)}`,
      define: ['--heartbeat-ms', '500'],
    })
    const cards: string[] = []
    for (const name of owners) cards.push((await person(space, name, 'owner', ceremony)).file(OWNER, 'belfry-card.json'))
    const nodes = await Promise.all(
      ceremony.data.map((data, at) =>
        NodeProcess.configure({
          data,
          lock: ceremony.lock,
          passphrase: space.passphrase,
          listen: `/ip4/127.0.0.1/tcp/${port(at)}`,
          httpPort: port(MEMBERS + at),
          owners: cards,
          bitcoind: regtest.node(0),
        }),
      ),
    )
    return new Harbour(space, regtest, ceremony, nodes)
  }

  /** Somebody whom the members do not admit by themselves, on a device with the lock and a folder `owner`. */
  async guest(name: string, role: 'owner' | 'guardian'): Promise<Device> {
    return await person(this.#space, name, role, this.#ceremony)
  }

  /** A device without keys of a person, as a signing device is. */
  async device(name: string): Promise<Device> {
    return await Device.make(this.#space, name)
  }

  /** One of those whom the members admit. */
  owner(name: string): Device {
    return Device.at(this.#space, name)
  }

  /** The options of a command that asks the bitcoind. */
  get asking(): string {
    const { rpcPort, cookieFile } = this.regtest.node(0)
    return `--bitcoind-port ${rpcPort} --bitcoind-cookie ${cookieFile}`
  }

  async start(): Promise<void> {
    await this.regtest.purse.fill()
    await Promise.all(this.nodes.map((node) => node.start()))
    await Promise.all(this.nodes.map((node) => node.ready(this.nodes.length - 1)))
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
  }

  async kill(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop('SIGKILL')))
  }

  /** Confirmed. */
  async pay(address: string, value: number): Promise<Outpoint> {
    const { outpoints } = await this.regtest.purse.fund([outputTo(address, value)])
    return first(outpoints)
  }

  /** Made of a coin of its own, and given to nobody. */
  async prepare(address: string, value: number): Promise<Prepared> {
    const { outpoints } = await this.regtest.purse.fund([{ script: PURSE_SCRIPT, value: sats(value + FEE_SATS) }])
    const spend = (script: Uint8Array) =>
      ({ version: 2, inputs: [{ outpoint: first(outpoints), witness: [PURSE_WITNESS_SCRIPT] }], outputs: [{ script, value: sats(value) }] })
    const funding = spend(scriptOfAddress(address, 'regtest'))
    return { deposit: `${txidOf(funding)}:0`, funding: serialise(funding), instead: serialise(spend(PURSE_SCRIPT)) }
  }

  /** Until every node that runs has followed. */
  async mine(blocks = 1): Promise<void> {
    await this.regtest.mine(0, blocks)
    await this.#followed()
  }

  /** One block, whose coinbase pays this address. */
  async mineTo(address: string): Promise<void> {
    await this.regtest.mine(0, 1, address)
    await this.#followed()
  }

  async #followed(): Promise<void> {
    const { blocks: height } = await this.regtest.node(0).bitcoind.getBlockchainInfo()
    await pollUntil('nodes at the tip', LIMIT_MS, async () => {
      const tips = await Promise.all(this.nodes.map(async (node) => (await node.status())?.chain.tip?.height))
      return tips.every((tip) => tip === undefined || tip === height)
    })
  }

  async send(transaction: Uint8Array): Promise<void> {
    await this.regtest.node(0).bitcoind.sendRawTransaction(transaction)
  }

  /** Sends one variant of the unvault, as whoever found this file can, and mines it. @returns its txid */
  async steal(unvaultFile: string, variant = 0): Promise<string> {
    const { transactions } = JSON.parse(await readFile(unvaultFile, 'utf8')) as UnvaultFile
    const theft = transactions[variant]
    assert.ok(theft)
    await this.send(Buffer.from(theft.raw, 'hex'))
    await this.mine()
    return theft.txid
  }

  /** Until the mempool spends it. @returns the txid of what does */
  async spenderOf(outpoint: string): Promise<string> {
    return await pollUntil(`a spender of ${outpoint}`, LIMIT_MS, async () => {
      const [found] = await this.regtest.node(0).bitcoind.getTxSpendingPrevout([outpoint as Outpoint])
      return found?.spender ? String(found.spender) : false
    })
  }

  /** What it holds at an address, in blocks. Satoshis. */
  async balanceOf(address: string): Promise<number> {
    const scan = (await this.regtest.node(0).bitcoind.rpc.call('scantxoutset', ['start', [`addr(${address})`]])) as { total_amount: number }
    return Math.round(scan.total_amount * 1e8)
  }
}

/** One for the suite that this is called in; its nodes are not started. */
export function useHarbour(owners: readonly string[]): () => Harbour {
  const space = workspace()
  const regtest = useRegtest(1)
  let harbour: Harbour | null = null
  before(async () => {
    harbour = await Harbour.open(space, regtest(), owners)
  })
  after(() => harbour?.kill())
  return () => {
    if (harbour === null) throw new Error('there is no federation')
    return harbour
  }
}

async function person(space: Workspace, name: string, role: 'owner' | 'guardian', { lock }: Ceremony): Promise<Device> {
  const device = await Device.make(space, name)
  await copyFile(lock, device.file('federation.lock.json'))
  await device.done(`init --role ${role} --data ${OWNER} --name ${name} --passphrase-file pass`)
  return device
}

function outputTo(address: string, value: number) {
  return { script: scriptOfAddress(address, 'regtest'), value: sats(value) }
}

function first<T>([one]: readonly T[]): T {
  assert.ok(one !== undefined)
  return one
}
