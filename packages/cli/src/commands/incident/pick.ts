import type { IncidentSummary, IncidentView } from '@belfry/node'
import type { NodeApi } from '../../api/node-api.ts'
import { CliError } from '../../errors.ts'
import type { JsonObject } from '../../output/index.ts'

/** How many characters of an id are enough to mean it. */
const LEAST_PREFIX = 4
const ID_CHARACTERS = 64

/**
 * The incident that is meant: by its id, by the beginning of it, or the newest where none is named; no drill goes before anything real.
 * @throws CliError no-such-incident, usage, and what NodeApi.get throws
 */
export async function pickIncident(api: NodeApi, id: string | undefined): Promise<IncidentView & JsonObject> {
  return api.get<IncidentView>(`incidents/${await wholeId(api, id)}`)
}

async function wholeId(api: NodeApi, id: string | undefined): Promise<string> {
  if (id !== undefined && (id.length < LEAST_PREFIX || id.length > ID_CHARACTERS || !/^[0-9a-f]+$/.test(id))) {
    throw new CliError(
      'usage',
      `"${id}" is no incident id.`,
      `Give at least ${LEAST_PREFIX} of its hex digits: belfry incident list`,
    )
  }
  if (id?.length === ID_CHARACTERS) return id
  const { incidents } = await api.get<{ readonly incidents: readonly IncidentSummary[] }>('incidents')
  if (id === undefined) return newest(incidents)
  const meant = incidents.filter(({ incident_id }) => incident_id.startsWith(id))
  const [one] = meant
  if (one === undefined) throw none(`No incident begins with ${id}.`)
  if (meant.length > 1)
    throw new CliError('usage', `${meant.length} incidents begin with ${id}.`, 'Give more of its digits.')
  return one.incident_id
}

function newest(incidents: readonly IncidentSummary[]): string {
  const first = incidents.find(({ trigger }) => trigger !== 'drill') ?? incidents[0]
  if (first === undefined) throw none('This member knows of no incident.')
  return first.incident_id
}

function none(message: string): CliError {
  return new CliError('no-such-incident', message, 'List them: belfry incident list')
}
