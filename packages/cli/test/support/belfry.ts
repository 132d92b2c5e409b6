/** Runs the command: as a process of its own where the contract with processes is meant, else in this one, which is quicker. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { ExitGuard } from '@belfry/client/regtest'
import { run } from '../../src/cli.ts'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly signal?: AbortSignal
}

export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Ends what the tests of this process start with it. */
export const exitGuard = new ExitGuard()

/** Settings of whoever runs the tests are none of the tests'. */
export function environment(extra: RunOptions['env'] = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(BELFRY_|NO_COLOR$|FORCE_COLOR$)/.test(name))
  return { ...Object.fromEntries(inherited), ...extra }
}

export function spawnBelfry(args: readonly string[], { env, cwd }: RunOptions = {}): ChildProcess {
  const child = spawn(process.execPath, ['--conditions=source', MAIN, ...args], {
    env: environment(env),
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  exitGuard.guard(child)
  return child
}

/** In a process of its own. */
export async function belfryProcess(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = spawnBelfry(args, options)
  assert.ok(child.stdout && child.stderr)
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [code, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}

/** In this process. */
export async function belfry(
  args: readonly string[],
  { env, cwd = process.cwd(), signal }: RunOptions = {},
): Promise<Ended> {
  const out: string[] = []
  const err: string[] = []
  const code = await run(args, {
    stdout: { write: (chunk) => out.push(chunk) },
    stderr: { write: (chunk) => err.push(chunk) },
    env: environment(env),
    cwd,
    signal: signal ?? new AbortController().signal,
    now: Date.now,
  })
  return { code, stdout: out.join(''), stderr: err.join('') }
}

export interface Failure {
  readonly code: string
  readonly message: string
  readonly remedy: string
}

/** Runs with --json and gives the one object's result. Fails the test unless the command is done. */
export async function result<T = Record<string, unknown>>(
  args: readonly string[],
  options: RunOptions = {},
): Promise<T> {
  const { code, stdout, stderr } = await belfry([...args, '--json'], options)
  assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`)
  return successIn(stdout) as T
}

/** Runs with --json and gives the error. Fails the test unless the command ends with this exit code. */
export async function refusal(exit: number, args: readonly string[], options: RunOptions = {}): Promise<Failure> {
  const { code, stdout } = await belfry([...args, '--json'], options)
  assert.equal(code, exit, stdout)
  return failureIn(stdout)
}

export function successIn(stdout: string): Readonly<Record<string, unknown>> {
  const answer = oneObject(stdout)
  assert.deepEqual(Object.keys(answer), ['ok', 'result'])
  assert.equal(answer['ok'], true)
  return answer['result'] as Readonly<Record<string, unknown>>
}

export function failureIn(stdout: string): Failure {
  const answer = oneObject(stdout)
  assert.deepEqual(Object.keys(answer), ['ok', 'error'])
  assert.equal(answer['ok'], false)
  const error = answer['error'] as Failure
  assert.deepEqual(Object.keys(error), ['code', 'message', 'remedy'])
  assert.match(error.message, /^\S.*[.!?:)]$/s, 'a sentence')
  assert.match(error.remedy, /^\S.+/s)
  return error
}

/** One JSON object on one line, and nothing else. */
function oneObject(stdout: string): Readonly<Record<string, unknown>> {
  assert.match(stdout, /^\{[^\n]*\}\n$/)
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>
}
