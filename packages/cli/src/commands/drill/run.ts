import {
  type Federation,
  type MemberIndex,
  type Order,
  followDrill,
  tryLadder,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, integer, option } from '../../command.ts'
import { usageError } from '../../errors.ts'
import { RECOVERY_SET } from '../../files/names.ts'
import { openRecoverySet } from '../../files/recovery-set.ts'
import { type Ground, type OrderKind, type Outcome, type Sent, giveOrder } from '../../orders/give.ts'
import { type OrderOptions, orderOptions } from '../../orders/options.ts'
import { tookIt } from '../../orders/results.ts'
import { satPerVb, sentenceList } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { LEVELS, reportJson, reportLine, statusesJson } from './describe.ts'
import { requirePassed } from './verdict.ts'

interface RunOptions extends OrderOptions {
  readonly level?: number
  readonly holdBack?: readonly string[]
  readonly set: string
}

const USUAL_WAIT_S = 120
type DrillOrder = Extract<Order, { order: 'drill' }>

export function registerRun(parent: Command, registrar: Registrar): void {
  addCommand<RunOptions>(parent, registrar, {
    usage: 'run',
    summary: 'Hold a drill of a vault, and print what every member signed of it',
    about: [
      'Any one owner key may order it. Levels:',
      ...LEVELS.map((what, at) => `  ${at + 1}  ${what}`),
      'Level 3 needs a bitcoind of yours and the recovery set. Ends with 1 where the drill does not pass.',
    ].join('\n'),
    example: [
      'belfry drill run --level 4 --lock federation.lock.json --data owner --vault enrolment.json --passphrase-file pass',
      'belfry drill run --level 5 --hold-back tower-2 --data owner --vault enrolment.json --passphrase-file pass',
      'belfry drill run --level 3 --set recovery-set.json --bitcoind-port 38332 --bitcoind-cookie .cookie --data owner --vault enrolment.json --passphrase-file pass',
    ].join('\n  '),
    options: [
      integer('--level <level>', 'what is rehearsed', 1, LEVELS.length),
      option('--hold-back <members...>', 'level 5: names or numbers of members that keep still'),
      option('--set <file>', 'level 3: the recovery set').default(RECOVERY_SET),
      ...orderOptions(USUAL_WAIT_S),
    ],
    run: (options) => giveOrder(options, drillOf(options, registrar.shell), registrar.shell),
  })
}

function drillOf(options: RunOptions, shell: Shell): OrderKind {
  return {
    order: 'drill',
    make: (ground) => makeDrill(options, ground, shell),
    meaning: ({ what }) => (what.order === 'drill' ? [`Level ${what.level}: ${LEVELS[what.level - 1] ?? ''}.`] : []),
    asks: false,
    follow: (sent, { output, signal }) => follow(sent, options.wait, output.progress.bind(output), signal),
  }
}

/** @throws CliError usage; whatever the trial throws */
async function makeDrill(options: RunOptions, ground: Ground, shell: Shell): Promise<DrillOrder> {
  const { level, holdBack = [] } = options
  if (level === undefined) throw usageError('A drill has a level.', 'Give --level with a number from 1 to 5.')
  if (holdBack.length > 0 !== (level === 5))
    throw usageError('Members are held back at level 5, and at no other.', 'Give --hold-back with --level 5.')
  const held_back = membersOf(ground.federation, holdBack)
  return { order: 'drill', level, held_back, trial: level === 3 ? await tryIt(options, ground, shell) : null }
}

/** By name or number, in the order of the lock. @throws CliError usage */
export function membersOf({ members }: Federation, given: readonly string[]): MemberIndex[] {
  const found = given.map((text) => {
    const member = members.find(({ index, name }) => name === text || String(index) === text)
    if (member !== undefined) return member.index
    throw usageError(`${text} is no member.`, `Name one of ${sentenceList(members.map(({ name }) => name))}.`)
  })
  return [...new Set(found)].toSorted((a, b) => a - b)
}

async function tryIt({ set: path }: RunOptions, { bitcoind, passphrase }: Ground, { output, signal }: Shell): Promise<DrillOrder['trial']> {
  if (bitcoind === null)
    throw usageError('Level 3 tries the ladder on a bitcoind.', 'Give --bitcoind-port with --bitcoind-cookie.')
  const set = await openRecoverySet(path, passphrase)
  const { trial, refused, passed_by } = await tryLadder(
    bitcoind,
    set,
    (done, of) => output.count('transactions tried', done, of),
    signal,
  )
  const { tried, accepted, mempool_floor, estimate } = trial
  output.progress(
    `${accepted} of ${tried} transactions are good for today's fees; bitcoind asks ${satPerVb(mempool_floor)} at least, and ` +
      (estimate === null ? 'has no estimate.' : `${satPerVb(estimate)} by its estimate.`),
  )
  if (passed_by.length > 0) {
    output.progress(`Of these, a rung above has to do for ${sentenceList(passed_by.map(({ id }) => id))}: they pay less than bitcoind asks.`)
  }
  for (const { id, answer } of refused) output.warn(`${id}: ${'reason' in answer ? answer.reason : answer.kind}`)
  return trial
}

async function follow(
  { federation, link, signed, command, results }: Sent,
  wait: number,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const heldBack = command.what.order === 'drill' ? command.what.held_back : []
  const took = tookIt(results).filter((member) => !heldBack.includes(member))
  const said = new Set<MemberIndex>()
  const told = await followDrill(
    link,
    signed,
    took,
    ({ reports }) => {
      for (const report of reports) if (!said.has(report.member)) say(reportLine(federation, report))
      for (const { member } of reports) said.add(member)
    },
    { wait_ms: wait * 1_000, signal },
  )
  requirePassed(federation, told, wait)
  return {
    json: {
      drill: {
        level: told.drill.level,
        passed: true,
        statuses: statusesJson(federation, told),
        reports: told.reports.map((report) => reportJson(federation, report)),
      },
    },
    human: (style) => [
      style('green', `The drill passed: level ${told.drill.level}, ${LEVELS[told.drill.level - 1] ?? ''}.`),
      ...told.reports.map((report) => `  ${reportLine(federation, report)}, signature valid`),
      'To keep what they signed: belfry drill history --json',
    ],
  }
}
