import assert from 'node:assert/strict'
import { type BelfryCore, type Durable, type Input, type LogRecord, type Output, durablePart, emptyDurable } from '@belfry/protocol'
import type { IncidentId, MemberIndex, Millis, VaultId } from '@belfry/protocol/primitives'
import { LogWriter, logIndex } from '@belfry/runtime'
import { SimDisk } from '../../src/disk/index.ts'
import type { Context } from '../../src/invariants/index.ts'
import { S6 } from '../../src/invariants/s6-restore.ts'
import type { SimMember } from '../../src/member/index.ts'
import { Random, World } from '../../src/world/index.ts'

const ME = 1 as MemberIndex
const THEFT = '11'.repeat(32) as IncidentId
const TICK: Input = { kind: 'tick', at_ms: 0 as Millis }
const OPENED: LogRecord = {
  record: 'incident-opened',
  incident_id: THEFT,
  vault_id: '22'.repeat(32) as VaultId,
  trigger: 'theft',
  discriminator: new Uint8Array(0),
  action: 'clawback',
  at_ms: 5 as Millis,
}

/** A member that is what S6 looks at: a state, a disk, and how records are read back and applied. */
class Setting {
  readonly failed: string[] = []
  readonly durable: Durable = emptyDurable()
  readonly disk: SimDisk
  readonly #core: BelfryCore
  readonly #world = new World()
  readonly #watcher
  readonly #writer = new LogWriter(
    { next_index: logIndex(0), records_since_snapshot: 0, bytes_since_snapshot: 0, snapshot_bytes: 0 },
    durablePart,
  )

  constructor(how: { is_thorough?: boolean; core?: Partial<typeof durablePart> } = {}) {
    this.#core = { ...durablePart, ...how.core } as unknown as BelfryCore
    this.disk = new SimDisk({ sync_ms: 5 }, { world: this.#world, random: new Random(1, 'disk') })
    const fail = (detail: string): number => this.failed.push(detail)
    const context = { is_thorough: how.is_thorough ?? false, isHonest: () => true, fail, members: new Map() } as unknown as Context
    this.#watcher = S6.watch(context)
    this.start()
  }

  get #member(): SimMember {
    const { disk, durable } = this
    return { index: ME, state: { durable }, core: this.#core, disk, record_index: this.#writer.last_index, machine: { seats: [1] } } as unknown as SimMember
  }

  start(): void {
    this.#watcher.onStarted?.(this.#member, this.durable)
  }

  crash(): void {
    this.#watcher.onCrash?.(this.#member)
  }

  /** One step after another, each with at most one record, which is written at once. */
  step(record?: LogRecord): void {
    if (record !== undefined) {
      durablePart.apply(this.durable, record)
      this.#writer.add(record)
    }
    const output: Output = { records: record ? [record] : [], immediate: [], afterDurable: [], wake_at_ms: 0 as Millis }
    this.#watcher.onStep?.(this.#member, TICK, output, this.#writer.last_index)
    if (record === undefined) return
    this.disk.append(this.#writer.takeBatch(), [], () => {})
    while (this.#world.next());
  }

  stepUntilItFails(): number {
    for (let steps = 1; steps <= 1_000; steps++) {
      this.step()
      if (this.failed.length > 0) return steps
    }
    return Number.POSITIVE_INFINITY
  }
}

describe('S6 between crashes', () => {
  it('holds while the state changes by the records that are appended', () => {
    const setting = new Setting({ is_thorough: true })
    setting.step({ record: 'boot', boot: 1 })
    setting.step(OPENED)
    for (let steps = 0; steps < 100; steps++) setting.step()
    assert.deepEqual(setting.failed, [])
  })

  it('fails at the next step, in a thorough run, where a field changes without a record, and soon in any other', () => {
    for (const is_thorough of [true, false]) {
      const setting = new Setting({ is_thorough })
      setting.step(OPENED)
      Object.assign(setting.durable.incidents.get(THEFT) ?? {}, { opened_at_ms: 6 })
      assert.ok(setting.stepUntilItFails() <= (is_thorough ? 1 : 100))
      assert.match(setting.failed[0] ?? '', /it differs at \.incidents\.get\(1111.*\)\.opened_at_ms$/)
    }
  })

  it('fails with the record that is appended next, where that is about the part that changed', () => {
    const setting = new Setting()
    setting.step(OPENED)
    Object.assign(setting.durable.incidents.get(THEFT) ?? {}, { opened_at_ms: 6 })
    setting.step({ record: 'settled', incident_id: THEFT, outcome: 'lost' })
    assert.equal(setting.failed.length, 1)
  })

  it('fails with the record that is read back as another, or cannot be applied again', () => {
    const { record, apply } = durablePart
    const misread: typeof record.read = (reader) => {
      record.read(reader)
      return { record: 'boot', boot: 2 }
    }
    const refused: typeof apply = () => {
      throw new RangeError('not again')
    }
    const [one, other] = [new Setting({ core: { record: { ...record, read: misread } } }), new Setting({ core: { apply: refused } })]
    for (const setting of [one, other]) setting.step({ record: 'boot', boot: 1 })
    assert.match(one.failed[0] ?? '', /differs at \.boot$/)
    assert.match(other.failed[0] ?? '', /does not apply: RangeError: not again/)
  })

  it('fails at the start of a life that has restored another state than the log came to', () => {
    const setting = new Setting({ is_thorough: true })
    setting.step({ record: 'boot', boot: 1 })
    setting.durable.boot = 2
    setting.start()
    assert.match(setting.failed[0] ?? '', /differs at \.boot$/)
  })

  it('fails at a crash where the log restores to another state, by whatever way', () => {
    const setting = new Setting()
    setting.step({ record: 'boot', boot: 1 })
    setting.crash()
    assert.deepEqual(setting.failed, [])
    setting.durable.boot = 2
    setting.crash()
    assert.match(setting.failed[0] ?? '', /the log restores to another state: it differs at \.boot$/)
  })
})
