/** Metrics as rows of a table: name and help beside how the value is read at a scrape. */
import { Counter, Gauge, type Registry } from 'prom-client'

/** A value with its labels, in the order in which the family names them. */
export type Sample = readonly [value: number, ...labels: string[]]

export interface Family<Source> {
  /** `…_total` is a counter, of what is counted elsewhere since the start of the process; any other a gauge. */
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  readonly read: Read<Source>
}

/** null: nothing to show now. */
type Read<Source> = (source: Source) => number | null | readonly Sample[]

export function metric<Source>(
  name: string,
  help: string,
  read: Read<Source>,
  labels: readonly string[] = [],
): Family<Source> {
  return { name, help, read, labels }
}

/** Registers the families. What is returned shows what is read then and no more: labels that are gone do not linger. */
export function showing<Source>(
  registry: Registry,
  families: readonly Family<Source>[],
): (source: Source) => void {
  const setters = families.map((family) => setterOf(registry, family))
  return (source) => {
    for (const set of setters) set(source)
  }
}

function setterOf<Source>(
  registry: Registry,
  { name, help, labels, read }: Family<Source>,
): (source: Source) => void {
  const options = { name, help, labelNames: [...labels], registers: [registry] }
  const shown: Pick<Gauge, 'reset' | 'remove' | 'inc'> = name.endsWith('_total')
    ? new Counter(options)
    : new Gauge(options)
  return (source) => {
    shown.reset()
    const samples = samplesOf(read(source))
    // A family without labels is reset to 0, which would be taken for a value.
    if (labels.length === 0 && samples.length === 0) shown.remove()
    for (const [value, ...values] of samples) shown.inc(labelled(labels, values), value)
  }
}

function samplesOf(found: number | null | readonly Sample[]): readonly Sample[] {
  if (typeof found === 'number') return [[found]]
  return found ?? []
}

function labelled(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
}

/** One sample for each entry of a table. */
export function byName(table: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(table).map(([name, value]) => [value, name])
}

/** 1 for the names that are so, 0 for the others. */
export function oneOf<Name extends string>(names: readonly Name[], isSo: (name: Name) => boolean): Sample[] {
  return names.map((name) => [isSo(name) ? 1 : 0, name])
}
