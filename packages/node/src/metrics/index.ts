export { type CountedVerdict, type Metrics, createMetrics } from './metrics.ts'
export type { ShownNetwork } from './part-metrics.ts'
export type { MetricsSources } from './sources.ts'
