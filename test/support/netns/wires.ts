/**
 * Network namespaces of this run: one for each member, one for whoever looks on from outside, and one with the bridge between
 * them. Nothing of the machine's own network is touched.
 */
import { execFile, execFileSync } from 'node:child_process'
import { readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { mountedBelow, unmountDisk } from './disk.ts'

const run = promisify(execFile)

/** What is named so, with the id of a process that is gone, is nobody's. */
export const NAME_PREFIX = 'belfry-net-'
const OWNED = new RegExp(`^${NAME_PREFIX}(?<pid>\\d+)-`)
const NAMESPACES = '/run/netns'
const NETWORK = '10.77.0'
export const NETWORK_CIDR = `${NETWORK}.0/24`
/** The last number of the address from which the test itself talks to members. */
const OUTSIDE = 200
/**
 * The longest wait between two sendings of what got no answer. Linux doubles it up to two minutes, so that what stood still for
 * a partition of twenty seconds would go on twenty seconds after its end. Kernels before 6.15 have no such setting.
 */
const LONGEST_RESEND_MS = 1_000

export function addressOf(member: number): string {
  return `${NETWORK}.${member}`
}

/** The command, as program and arguments, run in that namespace. It takes the place of nsenter: signals reach it. */
export function inNamespace(namespace: string, command: readonly string[]): [program: string, args: string[]] {
  return ['nsenter', [`--net=${join(NAMESPACES, namespace)}`, '--', ...command]]
}

let laid = 0

export class Wires {
  /** In the order of the members. */
  readonly members: readonly string[]
  readonly outside: string
  readonly #bridge: string

  private constructor(members: readonly string[], outside: string, bridge: string) {
    this.members = members
    this.outside = outside
    this.#bridge = bridge
  }

  /** Gone with their disposal, and with this process at the latest, however it exits short of SIGKILL. */
  static async lay(count: number, cleanup: AsyncDisposableStack): Promise<Wires> {
    laid += 1
    const name = (part: string): string => `${NAME_PREFIX}${process.pid}-${laid}-${part}`
    const wires = new Wires(Array.from({ length: count }, (_, at) => name(`m${at + 1}`)), name('outside'), name('bridge'))
    const made: string[] = []
    const atExit = (): void => {
      for (const namespace of made) execFileSync('ip', ['netns', 'del', namespace])
    }
    process.once('exit', atExit)
    cleanup.defer(async () => {
      process.off('exit', atExit)
      for (const namespace of made) await ip('netns', 'del', namespace)
    })
    for (const namespace of [wires.#bridge, wires.outside, ...wires.members]) {
      await ip('netns', 'add', namespace)
      made.push(namespace)
    }
    await ip('-n', wires.#bridge, 'link', 'add', 'br0', 'type', 'bridge')
    await ip('-n', wires.#bridge, 'link', 'set', 'br0', 'up')
    await wires.#join(wires.outside, OUTSIDE)
    for (const [at, member] of wires.members.entries()) await wires.#join(member, at + 1)
    return wires
  }

  async #join(namespace: string, number: number): Promise<void> {
    const port = `port${number}`
    await ip('link', 'add', 'eth0', 'netns', namespace, 'type', 'veth', 'peer', 'name', port, 'netns', this.#bridge)
    await ip('-n', this.#bridge, 'link', 'set', port, 'master', 'br0', 'up')
    await ip('-n', namespace, 'addr', 'add', `${addressOf(number)}/24`, 'dev', 'eth0')
    await ip('-n', namespace, 'link', 'set', 'lo', 'up')
    await ip('-n', namespace, 'link', 'set', 'eth0', 'up')
    const setting = '/proc/sys/net/ipv4/tcp_rto_max_ms'
    await run(...inNamespace(namespace, ['sh', '-c', `[ ! -w ${setting} ] || echo ${LONGEST_RESEND_MS} > ${setting}`]))
  }
}

async function ip(...args: readonly string[]): Promise<void> {
  await run('ip', [...args])
}

/** What runs left that were killed: namespaces, disks, and folders. */
export async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(NAMESPACES).catch(() => [])) {
    if (isLeftover(name)) await ip('netns', 'del', name)
  }
  for (const name of await readdir(tmpdir())) {
    if (!isLeftover(name)) continue
    const folder = join(tmpdir(), name)
    for (const disk of await mountedBelow(folder)) await unmountDisk(disk)
    await rm(folder, { recursive: true, force: true })
  }
}

function isLeftover(name: string): boolean {
  const pid = OWNED.exec(name)?.groups?.['pid']
  return pid !== undefined && !isAlive(Number(pid))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
