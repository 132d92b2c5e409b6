/**
 * What the way of measuring adds: how long after an acceptance the witness stamps it, by bitcoind's own log with its
 * microseconds. It is part of both ends of a reaction, so that only its spread can make one wrong.
 */
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RegtestNode } from '../../packages/client/src/regtest.ts'
import { monotonic_ms } from './clock.ts'
import type { Measured } from './series.ts'

/** For every bitcoind. */
export const LOG_ARGS = ['-logtimemicros']
/** Says when a transaction was accepted; off until asked for, for it takes time itself. */
const CATEGORY = 'validation'
const ACCEPTED = /^(\S+)\.(\d{6})Z .*Enqueuing TransactionAddedToMempool: txid=([0-9a-f]{64})/
const MAX_LOG_BYTES = 16 * 1024 * 1024

export class AcceptanceLog {
  readonly #node: RegtestNode
  readonly #from: number

  private constructor(node: RegtestNode, from: number) {
    this.#node = node
    this.#from = from
  }

  static async start(node: RegtestNode): Promise<AcceptanceLog> {
    await node.bitcoind.rpc.call('logging', [[CATEGORY]])
    return new AcceptanceLog(node, (await stat(pathOf(node))).size)
  }

  /** Of every trigger and answer that this bitcoind logged since the start. Ends the logging. */
  async delays(measured: readonly Measured[]): Promise<number[]> {
    await this.#node.bitcoind.rpc.call('logging', [[], [CATEGORY]])
    const accepted = acceptancesIn(await this.#read(), wallAhead_ms())
    const notices = measured.flatMap(({ reaction: { started, answered } }) => [started, answered])
    return notices.flatMap(({ kind, id, at_ms }) => {
      const at = kind === 'accepted' ? accepted.get(id) : undefined
      return at === undefined ? [] : [at_ms - at]
    })
  }

  async #read(): Promise<string> {
    const file = await open(pathOf(this.#node), 'r')
    try {
      const bytes = Buffer.alloc(MAX_LOG_BYTES)
      const { bytesRead } = await file.read(bytes, 0, bytes.length, this.#from)
      return bytes.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  }
}

function pathOf({ dataDir }: RegtestNode): string {
  return join(dataDir, 'regtest', 'debug.log')
}

/** By txid, on the monotonic clock. */
export function acceptancesIn(log: string, wallAhead: number): Map<string, number> {
  return new Map(log.split('\n').flatMap((line) => {
    const [, second, micros, txid] = ACCEPTED.exec(line) ?? []
    return txid === undefined ? [] : [[txid, Date.parse(`${second}Z`) + Number(micros) / 1_000 - wallAhead] as const]
  }))
}

/** How far the wall clock is ahead of the monotonic one, to the microsecond: at the moment when its millisecond changes. */
function wallAhead_ms(): number {
  const before = Date.now()
  let now = before
  while (now === before) now = Date.now()
  return now - monotonic_ms()
}
