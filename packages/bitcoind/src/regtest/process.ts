import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BitcoindError, printable } from '../errors.ts'

export interface ProcessOptions {
  readonly program: string
  readonly args: readonly string[]
  /** Takes stderr.log. */
  readonly dataDir: string
  /** Goes on when this process ends, and does not see its Ctrl-C. */
  readonly outliveParent: boolean
}

export interface BitcoindProcess {
  readonly pid: number
  hasExited(): boolean
  /** Resolves when it has exited. */
  readonly exited: Promise<void>
  signal(signal: 'SIGTERM' | 'SIGKILL'): void
  /** What it wrote to stderr last, on one line: why it would not start. */
  lastWords(): Promise<string>
}

const MAX_LAST_WORDS = 400

/**
 * Starts bitcoind. Unless it is to outlive its parent, it dies with it: on Linux even when the parent is killed with SIGKILL, by
 * `setpriv --pdeathsig` of util-linux; elsewhere, or without it, only when the parent ends by itself (see DyingWithParent). The kernel
 * ties this to the parent's thread: start regtest from the main thread.
 * @throws BitcoindError start-failed
 */
export async function startProcess(options: ProcessOptions): Promise<BitcoindProcess> {
  const { outliveParent } = options
  const command = outliveParent ? [] : await pdeathsigCommand()
  const [program = options.program, ...args] = [...command, options.program, ...options.args]
  const stderrPath = join(options.dataDir, 'stderr.log')
  // A file, and not a pipe: writing to a pipe that nobody reads any more would end it.
  const stderr = await open(stderrPath, 'w', 0o600)
  try {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', stderr.fd], detached: outliveParent })
    const exited = exitOf(child)
    const pid = await pidOf(child)
    if (outliveParent) child.unref()
    const untie = outliveParent ? () => {} : killAtExit(child)
    void exited.then(untie)
    return {
      pid,
      hasExited: () => hasExited(child),
      exited,
      signal: (signal) => {
        child.kill(signal)
      },
      lastWords: async () => printable((await readFile(stderrPath, 'utf8')).slice(-MAX_LAST_WORDS).trim(), MAX_LAST_WORDS),
    }
  } finally {
    await stderr.close()
  }
}

async function exitOf(child: ChildProcess): Promise<void> {
  // 'close' also follows a failed spawn, for which there is no 'exit'.
  await new Promise((resolve) => child.once('close', resolve))
}

async function pidOf(child: ChildProcess): Promise<number> {
  try {
    await once(child, 'spawn')
  } catch (cause) {
    throw new BitcoindError('start-failed', 'bitcoind cannot be executed', { cause })
  }
  if (child.pid === undefined) throw new BitcoindError('start-failed', 'bitcoind was not started')
  return child.pid
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** For an end of this process that runs its exit handlers. @returns takes the handler away */
function killAtExit(child: ChildProcess): () => void {
  const kill = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', kill)
  return () => process.off('exit', kill)
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
