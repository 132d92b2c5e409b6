/**
 * Many thefts at once, answered by one member (P9, its second half). Five nodes and five bitcoinds share two cores here,
 * where a federation has five machines: so one member runs, with its bitcoind, and all that it does is within the time
 * measured. Of the others there are as many as it needs, and only their messages: each votes, and hands over its share, at
 * the moment at which the theft is given. What they would take to see it themselves is not in the time.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../../packages/cli/src/demo/waiting.ts'
import type { Bitcoind } from '../../../packages/client/src/index.ts'
import type { BitcoindBinary } from '../../../packages/client/src/regtest.ts'
import type { BenchContext, BenchResult } from '../../bench.ts'
import { peerOf, timeRow } from '../../output/row.ts'
import { Ghost } from '../../reaction/ghost.ts'
import { Stage } from '../../reaction/stage.ts'
import { type PreparedVault, prepareVaults } from '../../reaction/vaults.ts'
import type { Notice } from '../../reaction/witness.ts'
import { atOnce } from './at-once.ts'
import { type EnrolledVault, Owners } from './owners.ts'

/** As many vaults as a federation guards, nearly. */
const SAMPLES = 1_000
const MEMBER = 1
/** Of the bitcoinds: that of the member, and the one where a bare script does the same. */
const [MEMBERS_NODE, BARE_NODE] = [0, 1]
/** The lowest rung: the one that is due while nobody knows a feerate. */
const LOWEST_CLAWBACK = 0
/** Whoever gives has so many connections, as a node has to its bitcoind. */
const GIVEN_AT_ONCE = 4
const ENROLLED_AT_ONCE = 3
const ENROLLED_BETWEEN_LINES = 100
const GHOST_LIMIT_MS = 30_000
const ANSWER_STEP_MS = 20
/** Nobody answers any more when no answer came for so long. */
const STILL_LIMIT_MS = 30_000

/** One theft, when its transaction and when its answer were accepted. */
interface Answered {
  readonly vault: PreparedVault
  readonly theft: Notice
  readonly answer: Notice
}

export async function thefts(binary: BitcoindBinary, { samples, progress, signal }: BenchContext): Promise<Pick<BenchResult, 'rows' | 'wrong'>> {
  const count = Math.min(samples ?? SAMPLES, SAMPLES)
  const stage = await Stage.start({ binary, progress, signal })
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => stage.stop())
  const { cluster } = stage
  progress(`thefts: making ${count} vaults`)
  const vaults = await prepareVaults(cluster.regtest, 'thefts', 'mempool', count)
  signal.throwIfAborted()
  const owners = cleanup.use(await Owners.admit(cluster, count))
  const enrolled = await enrolAll(owners, vaults, { progress, signal })
  await leaveOne(stage)
  const ghosts = await raise(stage, cleanup, signal)
  progress(`thefts: ${count} at once`)
  const answered = await steal(stage, enrolled, ghosts, signal)
  progress('thefts: the same transactions by a bare script')
  const bare = await submit(stage, answered, signal)
  return result(answered, bare, vaults)
}

/** Two bitcoinds that hear nothing of each other, and one member. */
async function leaveOne({ cluster: { members, regtest } }: Stage): Promise<void> {
  await Promise.all(members.filter(({ index }) => index !== MEMBER).map((member) => member.stop()))
  await Promise.all(regtest.nodes.slice(BARE_NODE + 1).map((node) => node.stop()))
  await regtest.node(MEMBERS_NODE).disconnectFrom(regtest.node(BARE_NODE))
}

async function raise({ cluster: { federation, members } }: Stage, cleanup: AsyncDisposableStack, signal: AbortSignal): Promise<Ghost[]> {
  const { q, t } = federation.thresholds.clawback
  const ghosts: Ghost[] = []
  for (const member of members.slice(MEMBER, Math.max(q, t))) {
    const ghost = await Ghost.rise(federation, member)
    cleanup.defer(() => ghost.lay())
    ghosts.push(ghost)
  }
  await until('the ghosts\' connections', async () => ghosts.every((ghost) => ghost.isHeardBy(ghosts.length)), { limit_ms: GHOST_LIMIT_MS, signal })
  return ghosts
}

async function enrolAll(owners: Owners, vaults: readonly PreparedVault[], { progress, signal }: Pick<BenchContext, 'progress' | 'signal'>): Promise<EnrolledVault[]> {
  const enrolled: EnrolledVault[] = []
  await atOnce(ENROLLED_AT_ONCE, vaults, async (vault, at) => {
    signal.throwIfAborted()
    enrolled.push(await owners.enrol(vault, at))
    if (enrolled.length % ENROLLED_BETWEEN_LINES === 0) progress(`thefts: ${enrolled.length} of ${vaults.length} enrolled`)
  })
  return enrolled
}

/** All thefts as fast as bitcoind takes them, and what the others say of each as it is given. */
async function steal(stage: Stage, enrolled: readonly EnrolledVault[], ghosts: readonly Ghost[], signal: AbortSignal): Promise<Answered[]> {
  const { witness, cluster } = stage
  const { index, bitcoind: { bitcoind } } = cluster.member(MEMBER)
  const releases = enrolled.map(({ bundle }) => ghosts.map((ghost) => ghost.prepareRelease(bundle, 'theft', LOWEST_CLAWBACK, index)))
  const { blocks } = await bitcoind.getBlockchainInfo()
  await stage.quiet()
  witness.begin()
  await atOnce(GIVEN_AT_ONCE, enrolled, async ({ vault, bundle }, at) => {
    const given = bitcoind.sendRawTransaction(vault.unvault.raw)
    for (const ghost of ghosts) ghost.vote(bundle, 'theft', blocks)
    for (const release of releases[at] ?? []) release()
    await given
  })
  return await answersAt(stage, MEMBERS_NODE, enrolled.map(({ vault }) => vault), signal)
}

/** The same thefts, each with the same answer, by a script that has them ready. */
async function submit(stage: Stage, answered: readonly Answered[], signal: AbortSignal): Promise<Answered[]> {
  const bitcoind: Bitcoind = stage.cluster.regtest.node(BARE_NODE).bitcoind
  stage.witness.begin()
  await atOnce(GIVEN_AT_ONCE, answered, async ({ vault: { unvault, clawback }, answer }) => {
    await bitcoind.sendRawTransaction(unvault.raw)
    await bitcoind.sendRawTransaction(clawback.find(({ txid }) => txid === answer.id)?.raw ?? unvault.raw)
  })
  return await answersAt(stage, BARE_NODE, answered.map(({ vault }) => vault), signal)
}

/** Until all are answered, or no more answers come. */
async function answersAt({ witness }: Stage, node: number, vaults: readonly PreparedVault[], signal: AbortSignal): Promise<Answered[]> {
  let answered: Answered[] = []
  for (let still_ms = 0; still_ms < STILL_LIMIT_MS && answered.length < vaults.length; still_ms += ANSWER_STEP_MS) {
    await sleep(ANSWER_STEP_MS, undefined, { signal })
    const before = answered.length
    const accepted = new Map(witness.notices.filter((one) => one.kind === 'accepted' && one.node === node).map((one) => [one.id, one]))
    answered = vaults.flatMap((vault) => {
      const theft = accepted.get(vault.unvault.txid)
      const answer = vault.clawback.map(({ txid }) => accepted.get(txid)).find((one) => one !== undefined)
      return theft === undefined || answer === undefined ? [] : [{ vault, theft, answer }]
    })
    if (answered.length > before) still_ms = 0
  }
  return answered
}

function result(answered: readonly Answered[], bare: readonly Answered[], vaults: readonly PreparedVault[]): Pick<BenchResult, 'rows' | 'wrong'> {
  const missing = vaults.length - answered.length
  const wrong = missing === 0 ? [] : [`thefts: ${missing} of ${vaults.length} were not answered`]
  if (answered.length === 0 || bare.length === 0) return { rows: [], wrong: [...wrong, 'thefts: nothing was answered'] }
  if (bare.length !== answered.length) wrong.push('thefts: the bare script could not do what the member did')
  const limit = { ...timeRow('thefts-answered/limit', [spanOf(bare)]), n: bare.length }
  return {
    rows: [
      { ...timeRow('thefts-answered', [spanOf(answered)], peerOf(limit)), n: answered.length },
      limit,
      timeRow('theft-to-answer', answered.map(({ theft, answer }) => answer.at_ms - theft.at_ms)),
    ],
    wrong,
  }
}

/** From the first theft to the last answer. */
function spanOf(answered: readonly Answered[]): number {
  return Math.max(...answered.map(({ answer }) => answer.at_ms)) - Math.min(...answered.map(({ theft }) => theft.at_ms))
}
