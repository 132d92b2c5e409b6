/**
 * Everything that this node shows to Prometheus, in a registry of its own. Labels come from closed sets (events, codes,
 * classes, member indices): nobody outside can make a new one. Members are labelled by index; `belfry_member_info` has
 * their names.
 */
import { type Tell, type VerdictCode, isMemberKind } from '@belfry/protocol'
import { Counter, Registry } from 'prom-client'
import { feeWalletView } from '../views/index.ts'
import { showing } from './families.ts'
import { EPOCH_METRICS, shownEpoch } from './epoch-metrics.ts'
import { FEE_METRICS } from './fee-metrics.ts'
import { CHAIN_METRICS, LOOP_METRICS, NETWORK_METRICS, PROCESS_METRICS } from './part-metrics.ts'
import type { MetricsSources } from './sources.ts'
import { STATE_METRICS, shownState } from './state-metrics.ts'

/** Its index in the newest epoch; `epoch/index` of a member that is only in an older one. */
type MemberLabel = string | number

export interface CountedVerdict {
  /** The member that handed the frame over, by its label; it need not have written it. */
  readonly peer: MemberLabel
  readonly code: VerdictCode
  /** As the frame says, so perhaps of a stranger's making. */
  readonly kind: string
}

export interface Metrics {
  /** Counts what a core tells, by event and by the label of the member that it names. */
  tell(tell: { readonly event: Tell['event']; readonly member?: MemberLabel | undefined }): void
  verdict(verdict: CountedVerdict): void
  readonly content_type: string
  /** In Prometheus' text format 0.0.4. */
  render(sources: MetricsSources): Promise<string>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const tells = new Counter({
    name: 'belfry_tells_total',
    help: 'What the core told, by event, and by the member that it names where it names one.',
    labelNames: ['event', 'member'],
    registers: [registry],
  })
  const verdicts = new Counter({
    name: 'belfry_verdicts_total',
    help: 'Frames by what was found of them.',
    labelNames: ['kind', 'code'],
    registers: [registry],
  })
  const refusals = new Counter({
    name: 'belfry_peer_refused_frames_total',
    help: 'Frames not accepted, by the member that handed them over.',
    labelNames: ['member', 'code'],
    registers: [registry],
  })
  const showState = showing(registry, STATE_METRICS)
  const showEpochs = showing(registry, EPOCH_METRICS)
  const showLoop = showing(registry, LOOP_METRICS)
  const showNetwork = showing(registry, NETWORK_METRICS)
  const showChain = showing(registry, CHAIN_METRICS)
  const showFees = showing(registry, FEE_METRICS)
  const showProcess = showing(registry, PROCESS_METRICS)

  return {
    tell({ event, member }) {
      tells.inc({ event, member: member ?? '' })
    },
    verdict({ peer, code, kind }) {
      verdicts.inc({ code, kind: isMemberKind(kind) ? kind : 'other' })
      if (code !== 'accepted') refusals.inc({ member: peer, code })
    },
    content_type: registry.contentType,
    async render({ state, shell, older, reserve, feeWallet, loop, network, chain, room, logger }) {
      showState(shownState(state(), shell(), reserve()))
      showEpochs([{ state: state(), shell: shell() }, ...older()].map(shownEpoch))
      showLoop(loop())
      showNetwork(network())
      showChain(chain())
      const status = feeWallet()
      showFees({ status, view: feeWalletView(state(), status) })
      showProcess({ lost_lines: logger.lost(), free_bytes: room() })
      return await registry.metrics()
    },
  }
}
