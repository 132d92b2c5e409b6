import assert from 'node:assert/strict'
import * as runtime from '../../src/index.ts'

type Send = { readonly effect: 'send' }
type LookAlike = { readonly effect: Send; readonly durable_index: runtime.LogIndex }
type Fits<A, B> = A extends B ? true : false

describe('Synced', () => {
  it('cannot be made outside the loop: no literal has its type, and the package exports no class', () => {
    const literal: Fits<LookAlike, runtime.Synced<Send>> = false
    const effect_alone: Fits<Send, runtime.Synced<Send>> = false
    const reads_as: Fits<runtime.Synced<Send>, LookAlike> = true
    assert.deepEqual([literal, effect_alone, reads_as], [false, false, true])
    assert.equal('Synced' in runtime, false)
  })
})
