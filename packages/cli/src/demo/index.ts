/** `belfry demo`: the main job, live, on this machine. */
import type { ActAt } from '@belfry/client/regtest'
import { type Streamed, addCommand, integer, option } from '../command.ts'
import { explanationOf } from '../commands/incident/explanation.ts'
import { EXIT, type ExitCode, failureOf } from '../errors.ts'
import type { Report } from '../output/index.ts'
import type { Register } from '../program.ts'
import type { Shell } from '../shell.ts'
import type { Cluster } from './cluster/index.ts'
import { presentationOf } from './presentation.ts'
import type { Finish } from './scene/events.ts'
import { play } from './scene/play.ts'
import { DEFAULT_MEMBERS, type DemoOptions, MAX_MEMBERS, MIN_MEMBERS, settingsOf } from './settings.ts'

/** What was asked to stop did so, whatever its parts say about it. */
const INTERRUPTED = new DOMException('interrupted', 'AbortError')

const ACT_AT: readonly ActAt[] = ['mempool', 'confirmation']

export const registerDemo: Register = (program, registrar) => {
  addCommand<DemoOptions>(program, registrar, {
    usage: 'demo',
    summary: 'Show a theft and its clawback on this machine',
    about: [
      'Starts a federation with a bitcoind for each member in regtest, vaults 0.5 BTC, lets a thief move it, and shows what',
      'the members do. Exit code 0 if the clawback confirmed, 3 if too few members were left. Cleans up after itself.',
    ].join('\n'),
    example: 'belfry demo --members 7 --kill 2',
    options: [
      integer('--members <count>', 'members of the federation', MIN_MEMBERS, MAX_MEMBERS).default(DEFAULT_MEMBERS),
      integer('--quorum <count>', 'votes and shares that a clawback needs (default: a majority)', 1, MAX_MEMBERS),
      option('--act-at <when>', 'release shares once the theft is confirmed, or in the mempool already').choices(ACT_AT).default('confirmation'),
      integer('--kill <count>', 'members to kill (SIGKILL) before the theft', 0, MAX_MEMBERS).default(0),
      option('--keep', 'leave everything running, and print where it is'),
    ],
    run: (options) => demo(options, registrar.shell),
  })
}

async function demo(options: DemoOptions, { output, signal, env, now }: Shell): Promise<Streamed> {
  try {
    const settings = settingsOf(options)
    const presentation = presentationOf(output, settings)
    const { cluster, finish } = await play(settings, { signal, tell: (events) => presentation.tell(events) })
    try {
      const story = await storyOf(cluster)
      if (story !== null) presentation.explain(story)
      if (settings.keep) presentation.keep(cluster)
    } finally {
      if (!settings.keep) await cluster.stop()
    }
    presentation.finish(finish)
    return { streamed: true, exit: exitOf(finish) }
  } catch (error) {
    // With --json every line of this command is an event.
    if (!output.json) throw error
    const { code, message, remedy, exit } = failureOf(signal.aborted ? INTERRUPTED : error, (env['BELFRY_DEBUG'] ?? '') !== '')
    output.event('demo-failed', now(), { ok: false, error: { code, message, remedy } })
    return { streamed: true, exit }
  }
}

/** The incident as one of those tells it that broadcast the clawback, or else any member that is left. */
async function storyOf({ federation, living }: Cluster): Promise<Report | null> {
  const incidents = await Promise.all(living.map(async ({ api }) => {
    const [newest] = (await api.incidents()) ?? []
    return newest === undefined ? null : await api.incident(newest.incident_id)
  }))
  const told = incidents.filter((incident) => incident !== null)
  const incident = told.find(({ broadcasts }) => broadcasts.length > 0) ?? told[0]
  return incident === undefined ? null : explanationOf(incident, federation)
}

function exitOf({ reason }: Finish): ExitCode {
  switch (reason) {
    case null:
      return EXIT.done
    case 'quorum-lost':
      return EXIT.refused
    case 'timed-out':
      return EXIT.failed
  }
}
