import assert from 'node:assert/strict'
import type { BlockHash } from '@belfry/protocol/primitives'
import { createBlockQueries } from '../../src/queries/blocks.ts'
import { createRpcClient, type RpcClient } from '../../src/rpc/index.ts'
import { answer, startStrangeServer, type StrangeServer, success } from '../support/strange-server.ts'

const HASH = '11'.repeat(32) as BlockHash

describe('blocks', () => {
  let server: StrangeServer
  let client: RpcClient
  let overRest: string
  let requests: string[]

  beforeEach(async () => {
    requests = []
    server = await startStrangeServer((request, socket) => {
      const isRest = request.startsWith(`GET /rest/block/${HASH}.bin `)
      requests.push(isRest ? 'rest' : 'rpc')
      socket.write(isRest ? overRest : success(request, '00ff'))
    })
    client = createRpcClient({ port: server.port, auth: { user: 'belfry', password: 'x' }, timeout_ms: 60_000 })
  })

  afterEach(async () => {
    client.close()
    await server.close()
  })

  for (const status of [401, 403, 404, 405]) {
    it(`come over RPC where REST is refused with ${status}`, async () => {
      overRest = answer(status, 'no')
      assert.deepEqual(await createBlockQueries(client).getBlockBytes(HASH), Uint8Array.of(0, 255))
      assert.deepEqual(requests, ['rest', 'rpc'])
    })
  }

  it('come over RPC for a while once REST turned out to be off, and then REST is tried again', async () => {
    const blocks = createBlockQueries(client)
    overRest = answer(404, 'no')
    for (let i = 0; i <= 1_000; i++) await blocks.getBlockBytes(HASH)
    assert.equal(requests.filter((by) => by === 'rest').length, 1)
    overRest = answer(200, 'it is on again')
    assert.deepEqual(await blocks.getBlockBytes(HASH), new TextEncoder().encode('it is on again'))
    assert.deepEqual(await blocks.getBlockBytes(HASH), new TextEncoder().encode('it is on again'))
  })
})
