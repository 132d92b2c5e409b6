import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BitcoindError, printable } from '../errors.ts'
import { errnoOf } from '../rpc/credentials.ts'

export interface ProcessOptions {
  /** What it is, for the sentence of an error: "bitcoind". */
  readonly what: string
  readonly program: string
  readonly args: readonly string[]
  /** Default: this process's. */
  readonly env?: NodeJS.ProcessEnv
  /** Takes stderr.log. */
  readonly dataDir: string
  /** Ends it with this process; null: it goes on, and does not see this process's Ctrl-C. */
  readonly exitGuard: ExitGuard | null
}

export interface GuardedProcess {
  readonly pid: number
  hasExited(): boolean
  /** null while it runs, and where a signal ended it. */
  exitCode(): number | null
  /** Resolves when it has exited. */
  readonly exited: Promise<void>
  signal(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void
  /** What it wrote to stderr last, on one line: why it would not start. */
  lastWords(): Promise<string>
}

const MAX_LAST_WORDS = 400

/**
 * Kills what it guards when this process ends in a way that runs exit handlers: process.exit, an uncaught error, the
 * end of all work. A signal that nobody handles does not.
 */
export class ExitGuard {
  private readonly guarded = new Set<ChildProcess>()
  private readonly kill = (): void => {
    for (const child of this.guarded) child.kill('SIGKILL')
  }

  guard(child: ChildProcess): void {
    if (this.guarded.size === 0) process.once('exit', this.kill)
    this.guarded.add(child)
    child.once('close', () => {
      this.guarded.delete(child)
      if (this.guarded.size === 0) process.off('exit', this.kill)
    })
  }
}

/**
 * Starts a program. With an exit guard it ends with its parent: on Linux however that ends, SIGKILL included, by
 * `setpriv --pdeathsig` of util-linux; elsewhere, or without that, as far as the guard goes. The kernel ties this to
 * the thread that starts it: start it from the main thread.
 * @throws BitcoindError start-failed
 */
export async function startProcess(options: ProcessOptions): Promise<GuardedProcess> {
  const { what, exitGuard, env = process.env } = options
  const command = exitGuard === null ? [] : await pdeathsigCommand()
  const [program = options.program, ...args] = [...command, options.program, ...options.args]
  const stderrPath = join(options.dataDir, 'stderr.log')
  // A file, and not a pipe: writing to a pipe that nobody reads any more would end it.
  const stderr = await open(stderrPath, 'w', 0o600)
  try {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', stderr.fd], detached: exitGuard === null, env })
    const exited = exitOf(child)
    const pid = await pidOf(child, what)
    if (exitGuard === null) child.unref()
    else exitGuard.guard(child)
    return {
      pid,
      hasExited: () => hasExited(child),
      exitCode: () => child.exitCode,
      exited,
      signal: (signal) => {
        child.kill(signal)
      },
      lastWords: async () => {
        const said = await readFile(stderrPath, 'utf8')
        return printable(said.slice(-MAX_LAST_WORDS).trim(), MAX_LAST_WORDS)
      },
    }
  } finally {
    await stderr.close()
  }
}

async function exitOf(child: ChildProcess): Promise<void> {
  // 'close' also follows a failed spawn, for which there is no 'exit'.
  await new Promise((resolve) => child.once('close', resolve))
}

async function pidOf(child: ChildProcess, what: string): Promise<number> {
  try {
    await once(child, 'spawn')
  } catch (error) {
    throw new BitcoindError('start-failed', `${what} cannot be executed (${errnoOf(error) ?? 'unknown cause'})`)
  }
  if (child.pid === undefined) throw new BitcoindError('start-failed', `${what} was not started`)
  return child.pid
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

const execFileAsync = promisify(execFile)

async function pdeathsigCommand(): Promise<string[]> {
  if (process.platform !== 'linux') return []
  try {
    // BusyBox has a setpriv too, without this.
    const { stdout } = await execFileAsync('setpriv', ['--help'])
    return stdout.includes('--pdeathsig') ? ['setpriv', '--pdeathsig', 'KILL', '--'] : []
  } catch {
    return []
  }
}
