import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { type PlantedRow, describeRows, plantedRows } from '../../src/cli/planted-table.ts'
import { Pool } from '../../src/cli/pool.ts'
import { PLANTED } from '../../src/index.ts'

describe('a planted bug is found', function () {
  this.timeout(600_000)
  const rows: PlantedRow[] = []

  before(async () => {
    const pool = new Pool(availableParallelism())
    try {
      rows.push(...(await plantedRows(pool, PLANTED)))
    } finally {
      await pool.end()
    }
    process.stdout.write(describeRows(rows))
  })

  for (const { name, what, caught_by, within_seeds } of PLANTED) {
    it(`${name} (${what}): by ${caught_by.join(' or ')}, within ${within_seeds} seeds`, () => {
      const row = rows.find((each) => each.name === name)
      assert.ok(row?.seed !== null && row?.seed !== undefined, 'not found')
      assert.ok(row.is_caught, `found by ${row.invariant} at seed ${row.seed}`)
    })
  }
})
