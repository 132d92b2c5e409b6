import assert from 'node:assert/strict'
import { spend, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { pollUntil, Stage } from './support/stage.ts'
import { NO_POLLS, QUICK } from './support/watcher.ts'
import { startZmqRelay, type ZmqRelay } from './support/zmq-relay.ts'

describe('the chain watcher, when ZMQ messages are lost', () => {
  const regtest = useRegtest(1)
  let relay: ZmqRelay
  let stage: Stage

  beforeEach(async () => {
    relay = await startZmqRelay(regtest().node(0).zmq)
    stage = new Stage(regtest(), { zmq: relay.addresses, timing: NO_POLLS })
  })

  afterEach(async () => {
    await stage.watcher.stop()
    relay.close()
    assert.deepEqual(stage.watcher.story, [], 'nothing else was told')
  })

  function loseNext(topic: string): void {
    relay.loses = (lost) => {
      if (lost !== topic) return false
      relay.loses = () => false
      return true
    }
  }

  for (const topic of ['rawtx', 'sequence']) {
    it(`finds a spend whose ${topic} message was lost, at the next one`, async () => {
      const { deposit } = await stage.deposits('deposit')
      const { other } = await stage.coins('other')
      await stage.begin()
      const { zmq_gaps } = stage.watcher.running.counters()
      loseNext(topic)
      await stage.send('theft', spend(deposit, 1_000))
      await stage.send('unwatched', spend(other, 1_000))
      await stage.watcher.expect('seen deposit theft')
      assert.equal(stage.watcher.running.counters().zmq_gaps, zmq_gaps + 1)
    })
  }

  it('finds a spend that was announced as accepted, and its bytes long after or before', async () => {
    const { deposit } = await stage.deposits('deposit')
    await stage.begin()
    // All acceptances are lost, so that no later number shows it: the bytes alone must do.
    relay.loses = (topic) => topic === 'sequence'
    await stage.send('theft', spend(deposit, 1_000))
    await stage.watcher.expect('seen deposit theft')
  })

  it('fetches a block whose message was lost, at the next one', async () => {
    const { deposit } = await stage.deposits('deposit')
    await stage.begin()
    const at = stage.height
    relay.loses = (topic) => topic === 'rawblock'
    await stage.mineAlone('theft', spend(deposit, 1_000))
    await stage.mine(1)
    await pollUntil('the loss of two blocks', () => relay.lost === 2)
    relay.loses = () => false
    await stage.mine(1)
    await stage.watcher.expect(
      `confirmed deposit theft ${at + 1}`, `connected ${at + 1}`, `connected ${at + 2}`, `connected ${at + 3}`,
    )
    assert.equal(stage.watcher.running.counters().blocks_by_fetch >= 2, true)
  })

  it('makes the connection anew when blocks come and ZMQ stays silent', async () => {
    stage = new Stage(regtest(), { zmq: relay.addresses, timing: QUICK })
    await stage.begin()
    relay.loses = () => true
    await stage.mine(1)
    await stage.watcher.expect(`connected ${stage.height + 1}`)
    await stage.watcher.quiet()
    assert.equal(stage.watcher.running.counters().zmq_silences, 1)
    relay.loses = () => false
    await stage.mine(1)
    await stage.watcher.expect(`connected ${stage.height + 2}`)
  })

  it('goes on when ZMQ brings rubbish', async () => {
    const { deposit } = await stage.deposits('deposit')
    await stage.begin()
    relay.loses = (topic, body) => {
      // Cut off, or with one bit wrong.
      if (topic === 'rawblock') body.fill(0xff, 80)
      else if (topic === 'rawtx') body.fill(0xfd, 4)
      else body.fill(0)
      return false
    }
    await stage.send('theft', spend(deposit, 1_000))
    await stage.watcher.expect('seen deposit theft')
    await stage.mine(1)
    await stage.watcher.expect(`confirmed deposit theft ${stage.height + 1}`, `connected ${stage.height + 1}`)
  })
})
