import { type Federation, type MemberIndex, type ToldPanic, followPanic } from '@belfry/client'
import type { Register } from '../../program.ts'
import { addCommand } from '../../command.ts'
import { CliError } from '../../errors.ts'
import { type OrderKind, type Outcome, type Sent, giveOrder } from '../../orders/give.ts'
import { type OrderOptions, orderOptions } from '../../orders/options.ts'
import { memberJson, memberName, tookIt } from '../../orders/results.ts'
import { count, sentenceList } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'

/** A block takes ten minutes on average; an hour is rare. */
const USUAL_WAIT_S = 3_600

export const registerPanic: Register = (program, registrar) => {
  addCommand<OrderOptions>(program, registrar, {
    usage: 'panic',
    summary: 'Bring a vault to deep cold now, by order of its owner or guardians',
    about:
      'Every member verifies the order itself, then the members release the emergency transactions. It cannot be taken back. ' +
      'Where several keys must sign: --sign-only on the first device, --countersign on the others, --send from any owner.',
    example: [
      'belfry panic --lock federation.lock.json --data owner --vault enrolment.json --passphrase-file pass',
      'belfry panic --lock federation.lock.json --data owner --vault enrolment.json --passphrase-file pass --sign-only panic.json',
      'belfry panic --lock federation.lock.json --data guardian --vault enrolment.json --passphrase-file pass --countersign panic.json',
      'belfry panic --lock federation.lock.json --data owner --passphrase-file pass --send panic.json',
    ].join('\n  '),
    options: orderOptions(USUAL_WAIT_S),
    run: (options) => giveOrder(options, panicOf(options), registrar.shell),
  })
}

function panicOf({ wait }: OrderOptions): OrderKind {
  return {
    order: 'panic',
    make: () => Promise.resolve({ order: 'panic' }),
    meaning: () => [
      'All emergency transactions of the vault become public, and one of them brings the coin to deep cold.',
      'From there only the keys of deep cold can spend it. It cannot be taken back.',
    ],
    asks: true,
    follow: (sent, shell) => follow(sent, wait, shell),
  }
}

async function follow({ federation, link, signed, results }: Sent, wait: number, { output, signal }: Shell): Promise<Outcome> {
  const took = tookIt(results)
  const told = await followPanic(
    link,
    signed,
    took,
    ({ statuses }) => {
      const words = statuses.map(({ member, status }) => `${memberName(federation, member)}: ${status}`)
      output.progress(`The panic: ${sentenceList(words)}.`)
    },
    { wait_ms: wait * 1_000, signal },
  )
  return outcomeOf(federation, told, took, wait)
}

const RECOVERED: ReadonlySet<string> = new Set(['recovered', 'secured', 'settled'])

/** As more members tell it than may lie. @throws CliError coin-lost */
export function outcomeOf(federation: Federation, told: ToldPanic | null, took: readonly MemberIndex[], wait_s: number): Outcome {
  const statuses = told?.statuses ?? []
  const saying = (holds: (status: string) => boolean): boolean => statuses.filter(({ status }) => holds(status)).length > federation.b
  const recovered = saying((status) => RECOVERED.has(status))
  if (!recovered && saying((status) => status === 'lost')) {
    throw new CliError(
      'coin-lost',
      'The members took the panic, and another transaction has taken the coin before theirs.',
      'See what it was: belfry vault list. If it was not you, move what the same keys hold elsewhere.',
    )
  }
  return {
    json: {
      incident_id: told?.incident_id ?? null,
      statuses: statuses.map(({ member, status }) => ({ member: memberJson(federation, member), status })),
      recovered,
    },
    human: (style) => [
      `${count(took.length, 'member')} took the panic.`,
      ...(told === null ? [] : [`It is the incident ${told.incident_id}.`]),
      recovered
        ? style('green', 'A recovery transaction has confirmed: the coin is at deep cold.')
        : `No recovery transaction is known to have confirmed within ${wait_s} s; the members go on. See: belfry vault list`,
    ],
  }
}
