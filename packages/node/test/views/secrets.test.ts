import assert from 'node:assert/strict'
import { toHex } from '@belfry/protocol/primitives'
import { drillsView, incidentView, incidentsView, peersView, readiness, statusView, vaultsView } from '../../src/views/index.ts'
import { SEALED, type World, wholeIncident, world } from './world.ts'

const RUNNING = { loop: 'running', chain_watcher: 'running', is_warm: true, unseen: null } as const

function everything({ state, incident_id }: World): unknown[] {
  return [
    drillsView(state),
    incidentView(state, incident_id),
    incidentsView(state),
    peersView(state),
    readiness(state, RUNNING),
    statusView(state, RUNNING),
    vaultsView(state, null),
  ]
}

describe('no view', () => {
  it('holds an envelope, a sealed share or a raw transaction', () => {
    const of = world()
    wholeIncident(of)
    const text = JSON.stringify(everything(of))
    assert.ok(of.hidden.length >= 8)
    for (const bytes of [...of.hidden, of.theft.raw, SEALED]) {
      // A quarter of it would be too much as well.
      const part = bytes.subarray(0, 16)
      for (const form of [toHex(part), Buffer.from(part).toString('base64').slice(0, 20), [...part].join(',')]) {
        assert.ok(!text.includes(form), form)
      }
    }
  })

  it('holds anything that JSON cannot say, or a name that is not snake_case', () => {
    const of = world()
    wholeIncident(of)
    for (const view of everything(of)) {
      assert.deepEqual(JSON.parse(JSON.stringify(view)), view)
      walk(view, (name) => assert.match(name, /^[a-z0-9]+(_[a-z0-9]+)*$/))
    }
  })

  it('changes the state that it shows', () => {
    const of = world()
    wholeIncident(of)
    const before = structuredClone({ durable: of.state.durable })
    everything(of)
    assert.deepEqual({ durable: of.state.durable }, before)
  })
})

function walk(value: unknown, onName: (name: string) => void): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) onName(name)
    walk(inner, onName)
  }
}
