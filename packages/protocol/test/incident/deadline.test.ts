import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { csvMinus, deadlineBlocks, deadlineOf, scaledBlocks } from '../../src/index.ts'
import type { Height } from '../../src/primitives/index.ts'
import { Seat } from '../core/seat.ts'
import { settingOf, vaultOf } from '../core/setting.ts'

const anyCsv = fc.integer({ min: 1, max: 65_535 })

describe('the deadline of a window', () => {
  it('is twelve blocks before its end, and in a short one in proportion', () => {
    assert.deepEqual([12, 24, 72, 143, 144, 145, 2_016].map(deadlineBlocks), [11, 22, 66, 132, 132, 133, 2_004])
  })

  it('lies inside the window, after its half from twelve blocks on, and no earlier for being shorter by one', () => {
    fc.assert(
      fc.property(anyCsv, fc.nat(200), (csv, blocks) => {
        assert.ok(csvMinus(csv, blocks) >= 0 && csvMinus(csv, blocks) <= csv)
        assert.ok(csvMinus(csv + 1, blocks) >= csvMinus(csv, blocks))
        assert.ok(scaledBlocks(blocks, csv) <= blocks)
        if (csv >= 12) assert.ok(deadlineBlocks(csv) > Math.floor(csv / 2))
      }),
    )
  })

  it('is counted from where U confirmed, and there is none before', () => {
    const setting = settingOf(5)
    const vault = vaultOf(setting)
    const seat = Seat.guarding(vault, setting)
    const now = () => {
      const { vaults, incidents } = seat.state.durable
      const [held, incident] = [vaults.get(vault.vault_id), incidents.get(vault.theft)]
      return held && incident ? deadlineOf(held, incident, seat.tip as Height) : null
    }
    seat.theftSeen(vault)
    assert.equal(now(), null)
    seat.theftConfirmed(vault)
    const height = seat.tip + 132
    assert.deepEqual(now(), { height, blocks_left: 132 })
    seat.connectMany(30)
    assert.deepEqual(now(), { height, blocks_left: 102 })
    seat.connectMany(110)
    assert.deepEqual(now(), { height, blocks_left: 0 })
  })
})
