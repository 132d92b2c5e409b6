import assert from 'node:assert/strict'
import { txidOf } from '@belfry/bitcoind'
import type { Outpoint } from '@belfry/protocol/primitives'
import { spend, useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { readTold } from '../../src/movements/index.ts'
import { Oracle } from './support/oracle.ts'
import { pollUntil, Stage } from './support/stage.ts'
import { confirmed, connected, PAID_SCRIPT, Scene, seen, SUBJECTS } from './support/subjects.ts'
import { NO_POLLS, QUICK } from './support/watcher.ts'
import { startZmqRelay, type ZmqRelay } from './support/zmq-relay.ts'

const { 'all three in one transaction': ALL } = SUBJECTS
const MAX_TOLD = 1_000

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
    await pollUntil('the loss of two blocks', () => relay.lost >= 2)
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

describe('the chain watcher, by ZMQ alone, when messages of one topic or of all are lost', () => {
  const regtest = useRegtest(1)
  let relay: ZmqRelay
  let stage: Stage
  let scene: Scene

  beforeEach(async () => {
    assert.ok(ALL !== undefined)
    relay = await startZmqRelay(regtest().node(0).zmq)
    stage = new Stage(regtest(), { zmq: relay.addresses, timing: NO_POLLS })
    scene = new Scene(stage, ALL)
  })

  afterEach(async () => {
    await stage.watcher.stop()
    relay.close()
  })

  /** Loses the next messages of this topic. @returns when all are lost */
  function lose(topic: string, messages: number): Promise<void> {
    const lostBefore = relay.lost
    relay.loses = (of) => of === topic && relay.lost < lostBefore + messages
    return pollUntil('the loss', () => relay.lost === lostBefore + messages)
  }

  for (const topic of ['rawtx', 'sequence']) {
    for (const messages of [1, 6]) {
      it(`fills a gap of ${messages} in ${topic} before it tells what showed the gap`, async () => {
        const others = Array.from({ length: 5 }, (_, i) => `other${i}`)
        const coins = Object.values<Outpoint>(await stage.coins(...others))
        await scene.prepare()
        const { later } = await stage.deposits('later')
        await stage.begin()
        const { zmq_gaps } = stage.watcher.running.counters()
        const lost = lose(topic, messages)
        const before = coins.slice(0, messages - 1)
        for (const coin of before.slice(0, 2)) await stage.send('unwatched', spend(coin, 1_000))
        await stage.send('a', scene.move(1_000))
        for (const coin of before.slice(2)) await stage.send('unwatched', spend(coin, 1_000))
        await lost
        await stage.send('b', spend(later, 1_000))
        await stage.watcher.until('seen later b')
        assert.deepEqual(stage.watcher.story, ['seen kept a', 'seen later b'])
        stage.watcher.story.splice(1)
        await scene.expect(seen('a'))
        assert.equal(stage.watcher.running.counters().zmq_gaps, zmq_gaps + 1)
      })
    }
  }

  for (const messages of [1, 6]) {
    it(`fills a gap of ${messages} in rawblock before it tells the block that showed the gap`, async () => {
      await scene.begin()
      const at = stage.height
      const lost = lose('rawblock', messages)
      await stage.mineAlone('a', scene.move(1_000))
      for (let i = 1; i < messages; i++) await stage.mineAlone('nothing')
      await lost
      await stage.mineAlone('nothing')
      await scene.expect(confirmed('a', at + 1), ...connected(at + 1, at + messages + 1))
    })
  }

  it('finds what became of everything while all messages were lost, a reorganisation included', async () => {
    await scene.begin()
    const at = stage.height
    await stage.send('a', scene.move(1_000))
    await stage.mine(1)
    await scene.expect(seen('a'), confirmed('a', at + 1), ...connected(at + 1))
    relay.loses = () => true
    await stage.reorganise(1, 0)
    await stage.mineAlone('b', scene.move(2_000))
    await stage.mineAlone('nothing')
    await stage.reorganise(2, 0)
    await stage.mineAlone('c', scene.move(3_000))
    await stage.mineAlone('nothing')
    relay.loses = () => false
    const best = await stage.mineAlone('nothing')
    await stage.watcher.when('the tip', () => stage.watcher.position?.hash === best)
    // It may have looked of itself meanwhile, after the block that it heard of, and then it has told of b, too.
    const told = await readTold(stage.watcher, 0, MAX_TOLD)
    const [kept, listed] = scene.watched
    assert.ok(kept !== undefined && listed !== undefined)
    const oracle = new Oracle(stage.bitcoind, { core: [kept], listed: [listed], scripts: [PAID_SCRIPT] })
    await oracle.checkFacts(stage.watcher.events)
    await oracle.checkMovements(told.map(({ movement }) => movement), stage.watcher.events)
    const last = stage.watcher.events.findLast(({ event }) => event === 'spend-confirmed')
    assert.equal(last?.event === 'spend-confirmed' && last.tx.txid, txidOf(scene.move(3_000)))
  })
})
