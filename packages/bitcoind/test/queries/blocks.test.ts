import assert from 'node:assert/strict'
import type { BlockHash } from '@belfry/protocol/primitives'
import { type Bitcoind, connectBitcoind } from '../../src/client.ts'
import { answer, startStrangeServer, type StrangeServer, success } from '../support/strange-server.ts'

const HASH = '11'.repeat(32) as BlockHash

describe('blocks', () => {
  let server: StrangeServer
  let bitcoind: Bitcoind
  let overRest: string
  let hex: unknown
  let requests: string[]

  beforeEach(async () => {
    requests = []
    hex = '00ff'
    server = await startStrangeServer((request, socket) => {
      const isRest = request.startsWith(`GET /rest/block/${HASH}.bin `)
      requests.push(isRest ? 'rest' : 'rpc')
      socket.write(isRest ? overRest : success(request, hex))
    })
    bitcoind = connectBitcoind({ port: server.port, auth: { user: 'belfry', password: 'x' }, timeout_ms: 60_000 })
  })

  afterEach(async () => {
    bitcoind.close()
    await server.close()
  })

  for (const status of [401, 403, 404, 405]) {
    it(`are not given where REST is refused with ${status}`, async () => {
      overRest = answer(status, 'no')
      assert.equal(await bitcoind.getBlockOverRest(HASH), null)
    })
  }

  it('are given over REST as they come', async () => {
    overRest = answer(200, 'it is on')
    assert.deepEqual(await bitcoind.getBlockOverRest(HASH), new TextEncoder().encode('it is on'))
    assert.deepEqual(requests, ['rest'])
  })

  it('are given over RPC from hex', async () => {
    assert.deepEqual(await bitcoind.getBlockOverRpc(HASH), Uint8Array.of(0, 255))
    assert.deepEqual(requests, ['rpc'])
  })

  for (const wrong of ['00f', '0x', 'zz', null, 12, ['00']]) {
    it(`are not read from ${JSON.stringify(wrong)}`, async () => {
      hex = wrong
      const call = bitcoind.getBlockOverRpc(HASH)
      await assert.rejects(call, { code: 'malformed-answer' })
    })
  }
})
