import assert from 'node:assert/strict'
import type { BelfryCore, Durable, DurableEffect, ImmediateEffect, Input, LogRecord, State } from '@belfry/protocol'
import type { Core } from '../src/index.ts'

type Fits<A, B> = A extends B ? true : false

describe('Core', () => {
  it('is fitted by the agreement core, which does not know it', () => {
    const fits: Fits<BelfryCore, Core<State, Durable, Input, LogRecord, DurableEffect, ImmediateEffect>> = true
    assert.ok(fits)
  })
})
