import assert from 'node:assert/strict'
import { makeCoins, spend, useRegtest } from '../../../../../bitcoind/test/support/regtest-suite.ts'
import { serialise, txidOf } from '@belfry/bitcoind'
import { pollUntil } from '../../support/stage.ts'
import { startZmqRelay, type ZmqRelay } from '../../support/zmq-relay.ts'
import { type Heard, Listener } from '../support/listener.ts'

describe('the ZMQ subscriber on a bitcoind', () => {
  const network = useRegtest(1)
  let relay: ZmqRelay
  let listener: Listener

  beforeEach(async () => {
    relay = await startZmqRelay(network().node(0).zmq)
    listener = new Listener(relay.addresses)
    // The relay joins bitcoind's three publishers one after the other: what one of them says before is lost for good.
    await pollUntil('every topic', async () => {
      await network().mine(0, 1)
      return listener.gaps.filter(({ reason }) => reason === 'first').length === 3
    })
    await quiet()
  })

  afterEach(async () => {
    await listener.stop()
    relay.close()
  })

  /** Until the last block that was mined is heard, and forgets all. */
  async function quiet(): Promise<void> {
    await network().mine(0, 1)
    const tip = await network().node(0).bitcoind.getBestBlockHash()
    const { bitcoind } = network().node(0)
    const bytes = Buffer.from(await bitcoind.getBlockOverRest(tip) ?? [])
    await listener.when('the tip', () => listener.heard.some((one) => one.kind === 'block' && bytes.equals(one.bytes)))
    const before = (): number => listener.heard.filter(({ kind }) => kind === 'sequence').length
    await listener.when('its notice', () => before() > 0)
    listener.heard.splice(0)
  }

  function notices(): readonly Heard[] {
    return listener.heard.filter((one) => one.kind === 'sequence' && one.notice.kind === 'accepted')
  }

  it('tells of a transaction with its txid and bytes', async () => {
    const { outpoints: [coin] } = await makeCoins(network(), 1)
    assert.ok(coin !== undefined)
    await quiet()
    const transaction = spend(coin, 1_000)
    await network().node(0).bitcoind.sendRawTransaction(serialise(transaction))
    await listener.when('the acceptance', () => notices().length > 0)
    const [accepted] = notices()
    assert.ok(accepted?.kind === 'sequence' && accepted.notice.kind === 'accepted')
    assert.equal(accepted.notice.txid, txidOf(transaction))
    await listener.when('the bytes', () => listener.heard.some((one) =>
      one.kind === 'transaction' && Buffer.compare(one.bytes, serialise(transaction)) === 0))
  })

  for (const topic of ['rawblock', 'rawtx', 'sequence'] as const) {
    it(`names ${topic} when its messages are lost, just before the next one`, async () => {
      let toLose = 2
      relay.loses = (lost) => {
        if (lost !== topic || toLose === 0) return false
        toLose -= 1
        return true
      }
      const lostBefore = relay.lost
      await network().mine(0, 4)
      await listener.when('the gap', () => listener.gaps.length > 0)
      assert.equal(relay.lost - lostBefore, 2)
      const at = listener.heard.findIndex(({ kind }) => kind === 'gap')
      const [gap] = listener.gaps
      assert.ok(gap !== undefined && gap.expected !== null && gap.got !== null)
      assert.deepEqual([gap.topic, gap.reason, gap.got - gap.expected], [topic, 'number', 2])
      await listener.when('the message', () => listener.heard.length > at + 1)
      const kinds = { rawblock: 'block', rawtx: 'transaction', sequence: 'sequence' }
      assert.equal(listener.heard[at + 1]?.kind, kinds[topic])
    })
  }
})
