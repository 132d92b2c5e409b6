/**
 * A process that publishes as bitcoind does: for each transaction its bytes under `rawtx`, then its acceptance under
 * `sequence`, numbered by topic, each topic at its own address. Ends when its parent is gone.
 */
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { monotonic_ms } from '../../reaction/clock.ts'
import { type Command, HIGH_WATER_MARK, type Hit, type Report, WINDOW, placesOf } from './messages.ts'
import { Traffic } from './traffic.ts'

/** Of zeromq, which packages/node depends on. */
interface Socket {
  readonly lastEndpoint: string | null
  bind(address: string): Promise<void>
  send(frames: readonly Uint8Array[]): Promise<void>
}

const nodePackage = createRequire(new URL('../../../packages/node/package.json', import.meta.url))
const { Publisher } = nodePackage('zeromq') as { Publisher: new (options: object) => Socket }

const STEP_MS = 1
/** Of one step: whoever was late catches up in several. */
const MAX_BURST = 400
/** Hash, letter, the mempool's own number. */
const ACCEPTED_BYTES = 32 + 1 + 8
const ACCEPTED = 0x41

class Topic {
  readonly #socket = new Publisher({ sendHighWaterMark: HIGH_WATER_MARK, linger: 0 })
  readonly #name: Buffer
  #number = 0

  constructor(name: string) {
    this.#name = Buffer.from(name)
  }

  async bind(): Promise<string> {
    await this.#socket.bind('tcp://127.0.0.1:*')
    return this.#socket.lastEndpoint ?? ''
  }

  /** @param body is ZMQ's from here on */
  send(body: Uint8Array): Promise<void> {
    const number = Buffer.allocUnsafe(4)
    number.writeUInt32LE(this.#number)
    this.#number = (this.#number + 1) >>> 0
    return this.#socket.send([this.#name, body, number])
  }
}

class PublisherProcess {
  readonly #rawtx = new Topic('rawtx')
  readonly #sequence = new Topic('sequence')
  readonly #traffic: Traffic
  #hits: readonly Hit[] = []
  #mempoolSequence = 1
  /** Of the run under way. */
  #taken = 0

  constructor(traffic: Traffic) {
    this.#traffic = traffic
  }

  async bind(): Promise<void> {
    report({ kind: 'bound', rawtx: await this.#rawtx.bind(), sequence: await this.#sequence.bind() })
  }

  async obey(command: Command): Promise<void> {
    switch (command.kind) {
      case 'prepare':
        this.#hits = command.hits
        return report({ kind: 'prepared' })
      case 'knock':
        return await this.#publish(this.#traffic.next(), this.#traffic.nextName())
      case 'run':
        return await this.#run(command)
      case 'taken':
        this.#taken = command.count
        return
    }
  }

  async #run({ count, rate }: Extract<Command, { kind: 'run' }>): Promise<void> {
    this.#taken = 0
    const hits = this.#hits
    const places = placesOf(count, hits.length)
    const hits_ms: number[] = []
    let bytes = 0
    const started_ms = monotonic_ms()
    for (let sent = 0; sent < count;) {
      const due = rate === null ? this.#taken + WINDOW : (monotonic_ms() - started_ms) * rate / 1_000
      for (const end = Math.min(due, count, sent + MAX_BURST); sent < end; sent++) {
        const hit = places[hits_ms.length] === sent ? hits[hits_ms.length] : undefined
        const transaction = hit === undefined ? this.#traffic.next() : Buffer.from(hit.bytes)
        const txid = hit === undefined ? this.#traffic.nextName() : Buffer.from(hit.txid, 'hex')
        bytes += transaction.length
        if (hit !== undefined) hits_ms.push(monotonic_ms())
        await this.#publish(transaction, txid)
      }
      await sleep(STEP_MS)
    }
    report({ kind: 'sent', started_ms, hits_ms, bytes })
  }

  async #publish(transaction: Buffer, txid: Uint8Array): Promise<void> {
    const acceptance = Buffer.alloc(ACCEPTED_BYTES)
    acceptance.set(txid)
    acceptance[txid.length] = ACCEPTED
    acceptance.writeUInt32LE(this.#mempoolSequence++, txid.length + 1)
    await this.#rawtx.send(transaction)
    await this.#sequence.send(acceptance)
  }
}

function report(told: Report): void {
  process.send?.(told)
}

const [folder] = process.argv.slice(2)
const publisher = new PublisherProcess(await Traffic.of(folder ?? null))
process.on('message', (command: Command) => {
  publisher.obey(command).catch((error: unknown) => {
    process.stderr.write(`the publisher failed: ${String(error)}\n`)
    process.exit(1)
  })
})
process.once('disconnect', () => process.exit())
await publisher.bind()
