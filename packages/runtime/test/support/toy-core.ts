/** A counter machine: small enough to see through, with every kind of record and effect that the loop must order. */
import { type Infer, InvariantError, type Millis, s } from '@belfry/protocol/primitives'
import type { Core, Inputs, Lane, Output } from '../../src/index.ts'

const durableSchema = s.struct({
  total: s.uint(Number.MAX_SAFE_INTEGER),
  records: s.uint(Number.MAX_SAFE_INTEGER),
  names: s.dict(s.text(16), s.uint(Number.MAX_SAFE_INTEGER), 64),
})
export type ToyDurable = Infer<typeof durableSchema>

const recordSchema = s.variant('record', {
  added: s.struct({ amount: s.uint(1_000_000) }),
  named: s.struct({ name: s.text(16), value: s.uint(Number.MAX_SAFE_INTEGER) }),
})
export type ToyRecord = Infer<typeof recordSchema>

export type ToyInput =
  | { readonly kind: 'add'; readonly amounts: readonly number[] }
  /** Records something that no effect waits for. */
  | { readonly kind: 'name'; readonly name: string }
  /** Records nothing, has effects of both kinds. */
  | { readonly kind: 'report' }
  | { readonly kind: 'fact'; readonly id: number }
  | { readonly kind: 'frame'; readonly id: number; readonly peer: Lane; readonly size?: number }
  | { readonly kind: 'wake'; readonly at_ms: Millis | null; readonly insist?: boolean }
  | { readonly kind: 'tick'; readonly at_ms: Millis }
  | { readonly kind: 'break' }

/** `needs`: how many records must be on disk before this may run. */
export interface ToyAnnouncement {
  readonly needs: number
  readonly total: number
}

export type ToyImmediate = ToyInput['kind']

export interface ToyState {
  readonly durable: ToyDurable
  readonly stepped: ToyInput[]
  wake_at_ms: Millis | null
  /** A tick does not do away with the time. */
  insists: boolean
}

export type ToyCore = Core<ToyState, ToyDurable, ToyInput, ToyRecord, ToyAnnouncement, ToyImmediate>

function apply(durable: ToyDurable, record: ToyRecord): void {
  durable.records++
  switch (record.record) {
    case 'added':
      durable.total += record.amount
      return
    case 'named':
      if (durable.total < record.value) throw new InvariantError('a name is for a total that was reached')
      durable.names.set(record.name, record.value)
  }
}

function recordsOf(durable: ToyDurable, input: ToyInput): ToyRecord[] {
  if (input.kind === 'add') return input.amounts.map((amount) => ({ record: 'added', amount }))
  if (input.kind === 'name') return [{ record: 'named', name: input.name, value: durable.total }]
  return []
}

export const toyCore: ToyCore = {
  record: recordSchema,
  snapshot: durableSchema,
  apply,
  restore: (durable) => ({
    durable: durable ?? { total: 0, records: 0, names: new Map() },
    stepped: [],
    wake_at_ms: null,
    insists: false,
  }),
  durableOf: (state) => state.durable,
  step: (state, input): Output<ToyRecord, ToyAnnouncement, ToyImmediate> => {
    if (input.kind === 'break') throw new InvariantError('told to break')
    state.stepped.push(input)
    if (input.kind === 'wake') {
      state.wake_at_ms = input.at_ms
      state.insists = input.insist ?? false
    }
    if (input.kind === 'tick' && !state.insists) state.wake_at_ms = null
    const { durable } = state
    const records = recordsOf(durable, input)
    for (const record of records) apply(durable, record)
    const announces = input.kind === 'add' || input.kind === 'report'
    return {
      records,
      afterDurable: announces ? [{ needs: durable.records, total: durable.total }] : [],
      immediate: [input.kind],
      wake_at_ms: state.wake_at_ms,
    }
  },
}

export const toyInputs: Inputs<ToyInput> = {
  classOf: (input) => {
    if (input.kind === 'fact') return 'chain'
    if (input.kind === 'report') return 'outcome'
    return input.kind === 'frame' ? 'frame' : 'other'
  },
  bytesOf: (input) => (input.kind === 'frame' ? (input.size ?? 0) : 0),
  laneOf: (input) => (input.kind === 'frame' ? input.peer : 0),
  tick: (at_ms) => ({ kind: 'tick', at_ms }),
}
