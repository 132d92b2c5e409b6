/** What the end-to-end tests look at: members through their API, bitcoinds through RPC, and the belfry command. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Cluster, type Member, belfryCommand, environment } from '../../packages/cli/src/demo/cluster/index.ts'
import type { EnrolledVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { until } from '../../packages/cli/src/demo/waiting.ts'
import { ExitGuard, type RegtestNode } from '../../packages/bitcoind/src/index.ts'
import type { IncidentView, VaultView } from '../../packages/node/src/index.ts'
import { type BlockHash, type Txid, outpointOf } from '../../packages/protocol/src/primitives/index.ts'

/** What a quiet machine does within a second or two, one with twenty busy processes a core may take long for. */
const LIMIT_MS = 90_000
/** For a test: several waits, one after the other. */
export const TEST_LIMIT_MS = 240_000

/** Polls until it is so. */
export async function eventually<T>(awaited: string, ask: () => Promise<T | null | false>, limit_ms: number = LIMIT_MS): Promise<T> {
  return await until(awaited, ask, { limit_ms, interval_ms: 50 })
}

export async function vaultAt({ api }: Member, { plan }: EnrolledVault): Promise<VaultView | null> {
  return (await api.vaults())?.find(({ deposit }) => deposit.outpoint === plan.deposit.outpoint) ?? null
}

/** The member's incident of this vault; null while it knows of none. */
export async function incidentAt(member: Member, vault: EnrolledVault, trigger: IncidentView['trigger'] = 'theft'): Promise<IncidentView | null> {
  const found = (await vaultAt(member, vault))?.incidents.find((incident) => incident.trigger === trigger)
  return found === undefined ? null : await member.api.incident(found.incident_id)
}

/** Until the story of each of these members' incidents holds this event. */
export async function told(members: readonly Member[], vault: EnrolledVault, event: string, trigger: IncidentView['trigger'] = 'theft'): Promise<void> {
  await Promise.all(members.map((member) => eventually(`${event} at ${member.name}`, async () => {
    return (await incidentAt(member, vault, trigger))?.story.some((line) => line.event === event) ?? false
  })))
}

/** `mempool`, `confirmed`, or `absent`, of a transaction whose first output nobody has spent. */
export async function placeAt({ bitcoind }: RegtestNode, txid: Txid): Promise<'absent' | 'mempool' | 'confirmed'> {
  const output = await bitcoind.getTxOut(outpointOf(txid, 0), true)
  if (output === null) return 'absent'
  return output.confirmations === 0 ? 'mempool' : 'confirmed'
}

/** The clawback that this bitcoind holds, if any. */
export async function clawbackAt(node: RegtestNode, { set }: EnrolledVault): Promise<{ txid: Txid; place: 'mempool' | 'confirmed' } | null> {
  for (const { place, txid } of set.transactions) {
    if (place.purpose === 'unvault') continue
    const found = await placeAt(node, txid)
    if (found !== 'absent') return { txid, place: found }
  }
  return null
}

/** Until every bitcoind holds a clawback of this vault there; they must hold the same. @returns its txid */
export async function clawedBack({ regtest }: Pick<Cluster, 'regtest'>, vault: EnrolledVault, place: 'mempool' | 'confirmed'): Promise<Txid> {
  return await eventually(`the clawback ${place} at every bitcoind`, async () => {
    const found = await Promise.all(regtest.nodes.map((node) => clawbackAt(node, vault)))
    const txids = new Set(found.map((one) => (one?.place === place ? one.txid : null)))
    const [txid = null] = txids
    return txids.size === 1 ? txid : null
  })
}

/** Until every bitcoind has it in its mempool or chain. */
export async function relayed({ regtest }: Pick<Cluster, 'regtest'>, txid: Txid): Promise<void> {
  await eventually('the transaction at every bitcoind', async () => {
    const places = await Promise.all(regtest.nodes.map((node) => placeAt(node, txid)))
    return places.every((place) => place !== 'absent')
  })
}

/** Mines at one bitcoind, and waits until all have the block, and the members' nodes too. */
export async function mineEverywhere({ regtest, living }: Pick<Cluster, 'regtest' | 'living'>, blocks = 1, node = 0): Promise<void> {
  await reached({ regtest, living }, (await regtest.mine(node, blocks)).at(-1))
}

/** Until all have this block as their tip: bitcoinds, and the members' nodes. */
export async function reached({ regtest, living }: Pick<Cluster, 'regtest' | 'living'>, hash: BlockHash | undefined): Promise<void> {
  await eventually('the tip at every bitcoind', async () => (await regtest.waitForSameTip()) === hash)
  await Promise.all(living.map(({ name, api }) =>
    eventually(`the tip at ${name}`, async () => (await api.status())?.chain.tip?.hash === hash)))
}

/** Starts members again, and waits until every member is ready and connected with all the others. */
export async function revive({ members }: Pick<Cluster, 'members'>, gone: readonly Member[]): Promise<void> {
  await Promise.all(gone.map((member) => member.start()))
  await Promise.all(members.map((member) => member.ready(members.length - 1)))
}

export interface Finished {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Ends what the tests of this process start with it. */
const exitGuard = new ExitGuard()

/** Runs a belfry command to its end. */
export async function belfry(...args: readonly string[]): Promise<Finished> {
  const command = startBelfry(...args)
  const [exit] = (await once(command.process, 'close')) as [number | null]
  return { exit, stdout: command.stdout(), stderr: command.stderr() }
}

export interface Started {
  readonly process: ChildProcess
  /** All that it wrote so far. */
  readonly stdout: () => string
  readonly stderr: () => string
}

export function startBelfry(...args: readonly string[]): Started {
  return startBelfryWith({}, ...args)
}

/** @param env added to the environment */
export function startBelfryWith(env: NodeJS.ProcessEnv, ...args: readonly string[]): Started {
  const [program = process.execPath, ...rest] = belfryCommand()
  const child = spawn(program, [...rest, ...args], { env: { ...environment(), ...portsOfThisRun(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  exitGuard.guard(child)
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8')
    child[name].on('data', (text: string) => {
      written[name] += text
    })
  }
  return { process: child, stdout: () => written.stdout, stderr: () => written.stderr }
}

/** A demo takes ports too: of another run's part, they would be taken between its finding them and its listening on them. */
function portsOfThisRun(): NodeJS.ProcessEnv {
  const { BELFRY_TEST_PORTS } = process.env
  return BELFRY_TEST_PORTS === undefined ? {} : { BELFRY_TEST_PORTS }
}
