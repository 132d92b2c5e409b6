import assert from 'node:assert/strict'
import { findFreePorts } from '../../src/regtest/ports.ts'

const NAME = 'BELFRY_TEST_PORTS'

describe('free ports', () => {
  const given = process.env[NAME]
  afterEach(() => {
    if (given === undefined) delete process.env[NAME]
    else process.env[NAME] = given
  })

  const find = async (range: string): Promise<number[]> => {
    process.env[NAME] = range
    return Object.values(await findFreePorts(['a', 'b', 'c']))
  }

  it('are of the part that this run was given', async () => {
    const found = await find('31000-31200')
    assert.equal(new Set(found).size, 3)
    assert.ok(found.every((port) => port >= 31_000 && port < 31_200), found.join())
  })

  it('are none of what is no range, or reaches into the ports of outgoing connections', async () => {
    for (const range of ['', '31000', '31000-30000', 'a-b', '80-90', '31000-40000', '31000.5-31100']) {
      await assert.rejects(find(range), { code: 'start-failed', message: /BELFRY_TEST_PORTS/ })
    }
  })
})
