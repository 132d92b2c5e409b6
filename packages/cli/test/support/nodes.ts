/** Members' nodes as processes, started and asked by the command that operators use. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import type { StatusView } from '@belfry/node'
import { type GuardedProcess, type RegtestNode, pollUntil, startProcess } from '@belfry/client/regtest'
import { MAIN, belfry, environment, exitGuard, successIn } from './belfry.ts'

const READY_LIMIT_MS = 60_000

export interface NodeInit {
  readonly data: string
  readonly lock: string
  /** Of earlier epochs that it still serves. */
  readonly previousLocks?: readonly string[]
  readonly passphrase: string
  readonly listen: string
  readonly httpPort: number
  readonly owners: readonly string[]
  readonly bitcoind: Pick<RegtestNode, 'rpcPort' | 'cookieFile' | 'zmq'>
}

export class NodeProcess {
  readonly config: string
  readonly #init: NodeInit
  #process: GuardedProcess | null = null

  private constructor(init: NodeInit) {
    this.#init = init
    this.config = `${init.data}/node.yaml`
  }

  static async configure(init: NodeInit): Promise<NodeProcess> {
    const node = new NodeProcess(init)
    await writeFile(node.config, yamlOf(init))
    return node
  }

  async start(): Promise<void> {
    this.#process = await startProcess({
      what: 'the node',
      program: process.execPath,
      args: ['--conditions=source', MAIN, 'node', 'run', '--config', this.config],
      env: environment(),
      dataDir: this.#init.data,
      exitGuard,
    })
  }

  async status(): Promise<StatusView | null> {
    const { code, stdout } = await belfry(['node', 'status', '--config', this.config, '--json'])
    return code === 0 ? (successIn(stdout) as unknown as StatusView) : null
  }

  async ready(peers: number): Promise<void> {
    await this.until('a node that is ready', READY_LIMIT_MS, async () => {
      const status = await this.status()
      return status !== null && status.ready && status.peers.connected >= peers
    })
  }

  /** Asks as long as the node runs; where it ends, or the time does, what it logged says why. */
  async until<T>(what: string, limit_ms: number, ask: () => Promise<T | false>): Promise<T> {
    try {
      return await pollUntil(what, limit_ms, async () => {
        assert.equal(this.#process?.hasExited(), false, 'the node ended')
        return await ask()
      })
    } catch (cause) {
      throw new Error(`${what}: ${String(cause)}\n${await this.log()}`, { cause })
    }
  }

  /** @returns its exit code */
  async stop(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    const running = this.#process
    this.#process = null
    running?.signal(signal)
    await running?.exited
    return running?.exitCode() ?? null
  }

  /** Waits for its end by itself. @returns its exit code */
  async ended(): Promise<number | null> {
    await this.#process?.exited
    return this.#process?.exitCode() ?? null
  }

  /** What it wrote to standard error last, on one line. */
  async lastWords(): Promise<string> {
    return (await this.#process?.lastWords()) ?? ''
  }

  async log(): Promise<string> {
    return readFile(`${this.#init.data}/node.log`, 'utf8').catch(() => 'no log')
  }
}

function yamlOf({ data, lock, previousLocks = [], passphrase, listen, httpPort, owners, bitcoind }: NodeInit): string {
  return [
    `data_dir: ${data}`,
    `lock: ${lock}`,
    `previous_locks: [${previousLocks.join(', ')}]`,
    `passphrase_file: ${passphrase}`,
    `listen: [${listen}]`,
    'bitcoind:',
    `  rpc_port: ${bitcoind.rpcPort}`,
    `  cookie_file: ${bitcoind.cookieFile}`,
    '  zmq:',
    `    rawblock: ${bitcoind.zmq.rawblock}`,
    `    rawtx: ${bitcoind.zmq.rawtx}`,
    `    sequence: ${bitcoind.zmq.sequence}`,
    'http:',
    `  port: ${httpPort}`,
    'owners:',
    ...owners.map((path) => `  - ${path}`),
    'log:',
    `  file: ${data}/node.log`,
    '',
  ].join('\n')
}
