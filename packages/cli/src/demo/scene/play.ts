/** The demo itself: a federation, a vault, a theft, and what becomes of it. */
import { type BitcoindBinary, findBitcoind } from '@belfry/client/regtest'
import { Cluster, type ClusterStep } from '../cluster/index.ts'
import type { DemoSettings } from '../settings.ts'
import { type EnrolledVault, setUpVault } from '../vault/enrolled-vault.ts'
import type { DemoEvent, Finish, Happening } from './events.ts'
import { TheftScene } from './theft-scene.ts'

export interface Audience {
  /** Events in the order of time, those of one call being all that came together. */
  readonly tell: (events: readonly DemoEvent[]) => void
  readonly signal: AbortSignal
}

export interface Played {
  /** Still running: the caller stops it, or leaves it. */
  readonly cluster: Cluster
  readonly finish: Finish
}

/** On a failure or an abort nothing is left running or on the disk. */
export async function play(settings: DemoSettings, audience: Audience): Promise<Played> {
  const { signal } = audience
  const { members, quorum, act_at, kill, keep: outliveParent, choices: thresholds, meaning } = settings
  const tell = (event: Happening): void => audience.tell([{ ...event, at_ms: Date.now() }])
  tell({ event: 'demo-started', members, quorum, act_at, kill, meaning })
  const binary = await findBitcoind({ signal, onProgress: ({ message }) => tell({ event: 'bitcoind-fetched', message }) })
  const onStep = (step: ClusterStep): void => tell(happeningOf(step, binary))
  const cluster = await Cluster.start({ members, binary, thresholds, outliveParent, onStep, signal })
  try {
    const vault = await setUpVault(cluster, { name: 'savings', act_at, signal })
    tell(guarded(vault))
    return { cluster, finish: await new TheftScene({ settings, audience, cluster, vault }).play() }
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

function happeningOf(step: ClusterStep, { version }: BitcoindBinary): Happening {
  switch (step.step) {
    case 'federation-locked':
      return { event: step.step, lock_hash: step.lock_hash }
    case 'bitcoinds-started':
      return { event: step.step, count: step.count, version }
    case 'members-started':
    case 'members-ready':
      return { event: step.step, count: step.count }
  }
}

function guarded({ plan: { deposit, rungs } }: EnrolledVault): Happening {
  return {
    event: 'vault-guarded',
    outpoint: deposit.outpoint,
    value_sats: Number(deposit.value),
    rungs_sat_vb: rungs.clawback.map((feerate) => feerate / 1_000),
  }
}
