/** The two ways in which a metric is made from what is read at a scrape. */
import { Counter, Gauge, type Registry } from 'prom-client'

/** A value with its labels, in the order in which the family names them. */
export type Sample = readonly [value: number, ...labels: string[]]

interface Family {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

/** Sets a family to these samples and no others: labels that are gone do not linger. */
export type SetFamily = (samples: readonly Sample[]) => void

export function gaugeOf(registry: Registry, { name, help, labels = [] }: Family): SetFamily {
  const gauge = new Gauge({ name, help, labelNames: [...labels], registers: [registry] })
  return (samples) => {
    gauge.reset()
    // A family without labels is reset to 0, which would be taken for a value.
    if (labels.length === 0 && samples.length === 0) gauge.remove()
    for (const [value, ...values] of samples) gauge.set(labelled(labels, values), value)
  }
}

/** For what is counted elsewhere since the start of the process. */
export function counterOf(registry: Registry, { name, help, labels = [] }: Family): SetFamily {
  const counter = new Counter({ name, help, labelNames: [...labels], registers: [registry] })
  return (samples) => {
    counter.reset()
    for (const [value, ...values] of samples) counter.inc(labelled(labels, values), value)
  }
}

function labelled(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
}

/** One sample for each entry of a table. */
export function byName(table: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(table).map(([name, value]) => [value, name])
}
