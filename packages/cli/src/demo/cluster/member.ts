/** One member: its files, its bitcoind, and its node as a process of its own. */
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type MemberIndex, writeFiles } from '@belfry/client'
import { type ExitGuard, type GuardedProcess, type RegtestNode, startProcess } from '@belfry/client/regtest'
import { CliError } from '../../errors.ts'
import { until } from '../waiting.ts'
import type { Seat } from './ceremony.ts'
import { MemberApi } from './member-api.ts'
import { type ConfigInit, memberConfig } from './member-config.ts'

/** Fifteen nodes that start at once on two cores load their code for half a minute. */
const READY_LIMIT_MS = 120_000
/** A node closes its store and connections within a second or two. */
const STOP_LIMIT_MS = 15_000
const LAST_WORDS_CHARACTERS = 600

export interface MemberInit {
  readonly index: MemberIndex
  readonly peer_id: string
  readonly seat: Seat
  readonly bitcoind: RegtestNode
  readonly httpPort: number
  /** null: the node goes on when this process ends. */
  readonly exitGuard: ExitGuard | null
  /** How belfry is started: program and arguments. */
  readonly command: readonly string[]
}

export class Member {
  readonly index: MemberIndex
  readonly name: string
  readonly files: Seat['files']
  /** Where others reach it, its peer id included. */
  readonly address: string
  readonly bitcoind: RegtestNode
  readonly api: MemberApi
  readonly #seat: Seat
  readonly #exitGuard: ExitGuard | null
  readonly #command: readonly string[]
  #process: GuardedProcess | null = null

  constructor({ index, peer_id, seat, bitcoind, httpPort, exitGuard, command }: MemberInit) {
    this.index = index
    this.#seat = seat
    this.name = seat.name
    this.files = seat.files
    this.address = `${seat.address}/p2p/${peer_id}`
    this.bitcoind = bitcoind
    this.api = new MemberApi(httpPort, seat.files.token)
    this.#exitGuard = exitGuard
    this.#command = command
  }

  get isRunning(): boolean {
    return this.pid !== null
  }

  /** Of the node; null while it does not run. */
  get pid(): number | null {
    return this.#process === null || this.#process.hasExited() ? null : this.#process.pid
  }

  /** Of the node's last process; null while it runs, and where a signal ended it. */
  get exitCode(): number | null {
    return this.#process?.exitCode() ?? null
  }

  async writeConfig(given: Pick<ConfigInit, 'lock' | 'previousLocks' | 'ownerCards' | 'logLevel'>): Promise<void> {
    const { bitcoind, api: { port: httpPort } } = this
    const content = memberConfig({ seat: this.#seat, bitcoind, httpPort, ...given })
    await writeFiles([{ path: this.files.config, content, privacy: 'public' }])
  }

  /** Starts the node's process, by the command that operators use. */
  async start(): Promise<void> {
    const [program = process.execPath, ...args] = this.#command
    this.#process = await startProcess({
      what: `the node of ${this.name}`,
      program,
      args: [...args, 'node', 'run', '--config', this.files.config],
      env: environment(),
      dataDir: this.files.dataDir,
      exitGuard: this.#exitGuard,
    })
  }

  /**
   * Until it says that it is ready, and is connected with `peers` others.
   * @throws CliError start-failed where its process ended, stalled
   */
  async ready(peers: number, signal?: AbortSignal): Promise<void> {
    const lastWords = () => this.lastWords()
    await until(`the start of the node of ${this.name}`, () => this.#isReady(peers), { limit_ms: READY_LIMIT_MS, signal, lastWords })
  }

  async #isReady(peers: number): Promise<boolean> {
    if (!this.isRunning) {
      const message = `the node of ${this.name} ended at its start: ${await this.lastWords()}`
      throw new CliError('start-failed', message, 'Read the sentence above; if it says nothing to you, report it.')
    }
    const status = await this.api.status()
    return status !== null && status.ready && status.peers.connected >= peers
  }

  /** SIGKILL: no word of farewell, nothing written. */
  async kill(): Promise<void> {
    this.#process?.signal('SIGKILL')
    await this.#process?.exited
    this.#process = null
  }

  /** As an operator stops it; by force where it takes too long. */
  async stop(): Promise<void> {
    const running = this.#process
    if (running === null) return
    running.signal('SIGTERM')
    const tooLong = setTimeout(() => running.signal('SIGKILL'), STOP_LIMIT_MS)
    await running.exited
    clearTimeout(tooLong)
    this.#process = null
  }

  /** What it wrote last, on one line. */
  async lastWords(): Promise<string> {
    const stderr = await this.#process?.lastWords()
    if (stderr !== undefined && stderr !== '') return stderr
    const log = await readFile(this.files.log, 'utf8').catch(() => '')
    return log.trimEnd().slice(-LAST_WORDS_CHARACTERS).replaceAll('\n', ' ')
  }
}

/** The program and arguments of the command that this code is part of, run from source or built alike. */
export function belfryCommand(): string[] {
  const extension = extname(import.meta.filename)
  const main = fileURLToPath(new URL(`../../main${extension}`, import.meta.url))
  return [process.execPath, ...(extension === '.ts' ? ['--conditions=source'] : []), main]
}

/** Settings in the environment of whoever runs this are not meant for every member. */
export function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('BELFRY_')))
}
