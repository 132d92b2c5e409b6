/**
 * A federation whose members are as far from each other as hosts are: each node with its bitcoind in a network namespace, with an
 * address of its own. The test looks on from outside: by ports of the loopback here that lead into the namespaces.
 */
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BitcoindBinary, ExitGuard, type Regtest, findFreePorts, startRegtest } from '../../../packages/bitcoind/src/index.ts'
import { type Founded, type OwnerKeys, found, makeOwner } from '../../../packages/cli/src/demo/cluster/ceremony.ts'
import { Member, belfryCommand } from '../../../packages/cli/src/demo/cluster/index.ts'
import { type EnrolledVault, type VaultInit, setUpVault } from '../../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { Federation, parseLock } from '../../../packages/protocol/src/index.ts'
import type { Millis } from '../../../packages/protocol/src/primitives/index.ts'
import { verifier } from '../federation.ts'
import { Place } from './place.ts'
import type { Tools } from './tools.ts'
import { PEER_PORT, Weather } from './weather.ts'
import { NAME_PREFIX, NETWORK_CIDR, Wires, addressOf } from './wires.ts'

const MEMBERS = 5
/** One sees soon who is gone; busy nodes do not hold each other for dead. */
const HEARTBEAT_MS = 500

interface Parts {
  readonly dir: string
  readonly tools: Tools
  readonly places: readonly Place[]
  readonly outside: Place
  readonly regtest: Regtest
  readonly founded: Founded
  readonly owner: OwnerKeys
  readonly members: readonly Member[]
}

export class NetCluster {
  readonly regtest: Regtest
  readonly federation: Federation
  readonly owner: OwnerKeys
  /** In the order of their indices. */
  readonly members: readonly Member[]
  readonly weather: Weather
  /** In the order of the members. */
  readonly places: readonly Place[]
  readonly #parts: Parts
  /** For what tests add; taken away first. */
  readonly cleanup: AsyncDisposableStack

  private constructor(parts: Parts, cleanup: AsyncDisposableStack) {
    this.#parts = parts
    this.cleanup = cleanup
    this.regtest = parts.regtest
    this.federation = parts.founded.federation
    this.owner = parts.owner
    this.members = parts.members
    this.places = parts.places
    this.weather = new Weather(parts.places, parts.regtest.nodes.map(({ p2pPort }) => p2pPort))
  }

  /** Resolves when all members are ready and connected with each other. On any failure nothing is left. */
  static async start(binary: Pick<BitcoindBinary, 'path'>, tools: Tools): Promise<NetCluster> {
    await using cleanup = new AsyncDisposableStack()
    const parts = await build(binary, tools, cleanup)
    return new NetCluster(parts, cleanup.move())
  }

  /** @throws RangeError when there is no such member */
  member(index: number): Member {
    const member = this.members[index - 1]
    if (member === undefined) throw new RangeError(`there is no member ${index}`)
    return member
  }

  /** All but these. */
  without(...indices: readonly number[]): readonly Member[] {
    return this.members.filter(({ index }) => !indices.includes(index))
  }

  get living(): readonly Member[] {
    return this.members.filter(({ isRunning }) => isRunning)
  }

  /** The federation as it is reached from here. @param from whose place the connections come from; default: nobody's */
  async reachedFrom(from: Place = this.#parts.outside): Promise<Federation> {
    const federation = Federation.fromLock(verifier, parseLock(await readFile(this.#parts.founded.lock, 'utf8')))
    for (const { index, addresses } of federation.members) {
      const port = await from.reachOther(addressOf(index), PEER_PORT)
      // Made for this call alone, and nobody else's: the addresses of the lock are the members' own.
      const own = addresses as string[]
      own.splice(0, own.length, `/ip4/127.0.0.1/tcp/${port}`)
    }
    return federation
  }

  /** Active at every member when this resolves. */
  async setUpVaults(inits: readonly VaultInit[]): Promise<EnrolledVault[]> {
    const reachedAs = await this.reachedFrom()
    return await Promise.all(inits.map((init) => setUpVault(this, { ...init, reachedAs })))
  }

  /** From its next start on the member's clock is off by so many seconds. */
  async shiftClock({ index }: Member, seconds: number): Promise<void> {
    await writeLauncher(this.#parts, index, seconds === 0 ? [] : [`LD_PRELOAD=${this.#parts.tools.faketime}`, `FAKETIME=+${seconds}s`])
  }

  /** Nothing runs any more, and nothing is on the disk, when this returns. */
  async stop(): Promise<void> {
    await this.cleanup.disposeAsync()
  }
}

async function build(binary: Pick<BitcoindBinary, 'path'>, tools: Tools, cleanup: AsyncDisposableStack): Promise<Parts> {
  endWithSignals(cleanup)
  const dir = await makeFolder(cleanup)
  const exitGuard = new ExitGuard()
  const wires = await Wires.lay(MEMBERS, cleanup)
  const open = async (namespace: string, host: string): Promise<Place> => {
    const placeDir = join(dir, `place-${host}`)
    await mkdir(placeDir)
    const place = await Place.open({ namespace, host, dir: placeDir, exitGuard, nft: tools.nft })
    cleanup.defer(() => place.close())
    return place
  }
  const [outside, ...places] = await Promise.all([open(wires.outside, ''), ...wires.members.map((namespace, at) => open(namespace, addressOf(at + 1)))])

  const owner = await makeOwner(dir)
  cleanup.defer(() => {
    owner.connect.wipe()
    owner.root.wipe()
  })
  const addresses = places.map(({ host }) => `/ip4/${host}/tcp/${PEER_PORT}`)
  const founded = await found({ dir, name: 'belfry', addresses, thresholds: {}, heartbeat_ms: HEARTBEAT_MS, created_at: Date.now() as Millis })
  const extraArgs = [`-whitelist=in,out,noban@${NETWORK_CIDR}`]
  const regtest = await startRegtest({ count: MEMBERS, baseDir: dir, binary, extraArgs, places })
  cleanup.defer(() => regtest.stopAll())
  await regtest.purse.fill()
  await regtest.waitForSameTip()

  const members = await seat({ dir, places, founded, regtest, owner }, exitGuard)
  cleanup.defer(async () => void (await Promise.all(members.map((member) => member.stop()))))
  await Promise.all(members.map((member) => member.start()))
  await Promise.all(members.map((member) => member.ready(MEMBERS - 1)))
  return { dir, tools, places, outside, regtest, founded, owner, members }
}

async function seat(parts: Pick<Parts, 'dir' | 'places' | 'founded' | 'regtest' | 'owner'>, exitGuard: ExitGuard): Promise<Member[]> {
  const { founded: { federation, seats, lock }, regtest, places, owner } = parts
  const found = await findFreePorts(seats.map(({ name }) => name))
  return await Promise.all(federation.members.map(async ({ index, peer_id }, at) => {
    const [seat, place] = [seats[at], places[at]]
    if (seat === undefined || place === undefined) throw new RangeError('there is a place for every member')
    const httpPort = found[seat.name] ?? 0
    await place.reach(httpPort)
    await writeLauncher(parts, index, [])
    const member = new Member({ index, peer_id, seat, bitcoind: regtest.node(at), httpPort, exitGuard, command: [launcherOf(parts, index)] })
    await member.writeConfig({ lock, ownerCards: [owner.files.card], logLevel: 'info' })
    return member
  }))
}

function launcherOf({ dir }: Pick<Parts, 'dir'>, index: number): string {
  return join(dir, `start-${index}`)
}

/** What starts a member's node in its place, so that the place can change while the member is what it was. One process: signals reach it. */
async function writeLauncher(parts: Pick<Parts, 'dir' | 'places'>, index: number, env: readonly string[]): Promise<void> {
  const compiled = process.env['NODE_COMPILE_CACHE'] ?? join(parts.dir, 'compiled')
  const words = [...(parts.places[index - 1]?.command ?? []), 'env', `NODE_COMPILE_CACHE=${compiled}`, ...env, ...belfryCommand()]
  const path = launcherOf(parts, index)
  await writeFile(`${path}.new`, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`)
  await chmod(`${path}.new`, 0o755)
  await rename(`${path}.new`, path)
}

async function makeFolder(cleanup: AsyncDisposableStack): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), `${NAME_PREFIX}${process.pid}-`))
  const atExit = (): void => rmSync(dir, { recursive: true, force: true })
  process.once('exit', atExit)
  cleanup.defer(async () => {
    process.off('exit', atExit)
    await rm(dir, { recursive: true, force: true })
  })
  return dir
}

/** These signals end a process without its exit handlers, which take away namespaces and disks. */
function endWithSignals(cleanup: AsyncDisposableStack): void {
  const end = (): void => process.exit(1)
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
  cleanup.defer(() => {
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, end)
  })
}

