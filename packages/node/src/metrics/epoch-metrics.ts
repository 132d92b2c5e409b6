/** Of each epoch that is served; the families without an epoch are of the newest. */
import { type Counts, type EpochSource, INCIDENT_STATUSES, PEER_LIVES, VAULT_STATES, countsOf, readiness } from '../views/index.ts'
import { type Family, type Sample, metric } from './families.ts'

/** An epoch with its views, each made once for a scrape. */
interface ShownEpoch extends Counts {
  readonly epoch: number
  readonly ready: boolean
}

export function shownEpoch({ state, shell }: EpochSource): ShownEpoch {
  return { epoch: state.config.federation.epoch, ready: readiness(state, shell).ready, ...countsOf(state) }
}

export const EPOCH_METRICS: readonly Family<readonly ShownEpoch[]>[] = [
  metric('belfry_epoch_ready', "1 while this node could play its part in an incident under this epoch's lock.",
    each(({ ready }) => [[ready ? 1 : 0]]), ['epoch']),
  metric('belfry_epoch_vaults', "Vaults guarded under this epoch's lock, by the state of the manifest that counts.",
    each(({ vaults }) => VAULT_STATES.map((one) => [vaults[one], one])), ['epoch', 'state']),
  metric('belfry_epoch_vaults_protected', 'Those that enough of its members hold for recovery to work even if b of them lie.',
    each(({ vaults }) => [[vaults.protected]]), ['epoch']),
  metric('belfry_epoch_vaults_exposed', 'Those of which a recovery transaction may be known outside although it did not confirm.',
    each(({ vaults }) => [[vaults.exposed]]), ['epoch']),
  metric('belfry_epoch_incidents', "Incidents under this epoch's lock, by where they stand.",
    each(({ incidents }) => INCIDENT_STATUSES.map((one) => [incidents[one], one])), ['epoch', 'status']),
  metric('belfry_epoch_peers', 'The other members of this epoch by how they are.',
    each(({ peers }) => PEER_LIVES.map((one) => [peers[one], one])), ['epoch', 'life']),
]

function each(read: (epoch: ShownEpoch) => readonly Sample[]): (epochs: readonly ShownEpoch[]) => readonly Sample[] {
  return (epochs) => epochs.flatMap((epoch) => read(epoch).map((sample) => inEpoch(epoch.epoch, sample)))
}

function inEpoch(epoch: number, [value, ...labels]: Sample): Sample {
  return [value, String(epoch), ...labels]
}
