import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LogRecord, durablePart, encodeFrame, signFrame } from '@belfry/protocol'
import type { Millis } from '@belfry/protocol/primitives'
import { LogWriter, restoreLog } from '@belfry/runtime'
import { LedgerDesk, LedgerError, type LedgerErrorCode } from '../../src/ledger/index.ts'
import { Store } from '../../src/store/index.ts'
import { portsOf, privateKey, sha256 } from '../views/federation.ts'

const SLOT = `vote/${'ab'.repeat(32)}/${'cd'.repeat(32)}/clawback/812`

const RECEIPT = `receipt/${'ab'.repeat(32)}/${'ef'.repeat(32)}`

/** A message as one of this member's would be; the desk looks at no signature. */
function frameOf(boot: number, kind = 'vote'): Uint8Array {
  const head = { version: 1, lock_prefix: 'ab'.repeat(8), epoch: 0, kind, from: 1, peer_id: 'me', boot, seq: 4, sent_at: 1_767_225_600_000, body: new Uint8Array([1]) }
  const ports = { sha256, sign: portsOf(privateKey()).sign }
  return encodeFrame(signFrame(ports, 'ab'.repeat(32) as Parameters<typeof signFrame>[1], head as Parameters<typeof signFrame>[2]))
}

describe('the desk where a ledger is looked into', () => {
  let data_dir: string
  beforeEach(async () => {
    data_dir = await mkdtemp(join(tmpdir(), 'belfry-ledger-'))
  })
  afterEach(() => rm(data_dir, { recursive: true }))

  /** What a node wrote before it was stopped. */
  async function written(...records: readonly LogRecord[]): Promise<void> {
    const { store, log } = await Store.open(join(data_dir, 'store'))
    const writer = new LogWriter(restoreLog(durablePart, log), durablePart)
    for (const record of records) writer.add(record)
    await new Promise<void>((resolve, reject) => {
      store.append(writer.takeBatch(), [], (error) => (error === null ? resolve() : reject(error)))
    })
    await store.close()
  }

  async function shown() {
    await using desk = await LedgerDesk.open(data_dir)
    const [view = assert.fail()] = desk.show()
    return view
  }

  async function refused(code: LedgerErrorCode, work: () => Promise<unknown>): Promise<void> {
    await assert.rejects(work, (error) => error instanceof LedgerError && error.code === code)
  }

  it('says what was signed for, by kind and the last of it', async () => {
    await written({ record: 'boot', boot: 3 }, { record: 'signed', slot: SLOT, frame: frameOf(3) })
    const view = await shown()
    assert.deepEqual([view.boot, view.entries, view.kinds, view.quarantine], [3, 1, { vote: 1 }, null])
    assert.deepEqual(view.last, [{ slot: SLOT, kind: 'vote', boot: 3, seq: 4, signed_at: '2026-01-01T00:00:00.000Z' }])
  })

  it('takes over what was found, for good, and only once', async () => {
    const frame = frameOf(9, 'receipt')
    await written(
      { record: 'boot', boot: 3 },
      { record: 'quarantined', reason: 'unknown-statement', at_ms: 0 as Millis },
      { record: 'foreign-held', boot: 9, statement: { slot: RECEIPT, frame } },
      { record: 'foreign-held', boot: 9, statement: { slot: null, frame: frameOf(9, 'heartbeat') } },
    )
    assert.equal((await shown()).quarantine?.found.length, 2)
    {
      await using desk = await LedgerDesk.open(data_dir)
      assert.equal(await desk.adopt(), 1)
    }
    const view = await shown()
    assert.deepEqual([view.boot, view.entries, view.quarantine], [9, 1, null])
    await refused('nothing-to-adopt', async () => {
      await using desk = await LedgerDesk.open(data_dir)
      await desk.adopt()
    })
  })

  it('puts a restored node into quarantine, and lets it go on from numbers that were never used', async () => {
    await written({ record: 'boot', boot: 3 })
    const quarantined = async (at_ms: number) => {
      await using desk = await LedgerDesk.open(data_dir)
      await desk.quarantine(at_ms as Millis)
    }
    await quarantined(0)
    const view = await shown()
    assert.equal(view.quarantine?.reason, 'restored')
    assert.ok(view.boot > 100)
    // A copy that was in quarantine when it was made has lost starts like any other.
    await quarantined(0)
    assert.ok((await shown()).boot > view.boot + 100)
    assert.equal((await shown()).quarantine?.reason, 'restored')
  })

  it('opens neither the ledger of a running node nor one where there is none', async () => {
    await written({ record: 'boot', boot: 1 })
    const { store } = await Store.open(join(data_dir, 'store'))
    await refused('store-locked', () => LedgerDesk.open(data_dir))
    await store.close()
    const elsewhere = join(data_dir, 'elsewhere')
    await cp(join(data_dir, 'store'), join(elsewhere, 'other'), { recursive: true })
    await refused('no-ledger', () => LedgerDesk.open(elsewhere))
  })
})
