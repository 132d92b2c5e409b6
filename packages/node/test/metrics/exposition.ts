/** A strict reader of Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). */
import assert from 'node:assert/strict'

export interface Exposition {
  readonly types: ReadonlyMap<string, string>
  /** `name{a="b",c="d"}`, labels by name, to the value. */
  readonly samples: ReadonlyMap<string, number>
}

const SAMPLE = /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$/

export function readExposition(text: string): Exposition {
  assert.ok(text.endsWith('\n'))
  const types = new Map<string, string>()
  const helps = new Set<string>()
  const samples = new Map<string, number>()
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line) ?? []
    if (kind === 'HELP') {
      assert.ok(!helps.has(name), line)
      helps.add(name)
    } else if (kind === 'TYPE') {
      assert.ok(!types.has(name), line)
      types.set(name, rest)
    } else {
      const [, family = '', labels = '', value] = SAMPLE.exec(line) ?? assert.fail(`no sample: ${line}`)
      assert.ok(types.has(family) && helps.has(family), `no type or help before ${line}`)
      const sorted = labels
        .split(/,(?=[a-z_]+=)/)
        .filter((one) => one !== '')
        .toSorted()
        .join(',')
      const key = sorted === '' ? family : `${family}{${sorted}}`
      assert.ok(!samples.has(key), `twice: ${line}`)
      samples.set(key, Number(value))
    }
  }
  return { types, samples }
}
