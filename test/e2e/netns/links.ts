/** What the network does: delay, loss, partitions, and a chain of one's own. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { progress, seen, steal, answer, mineAmong, together, viewAt } from '../../support/netns/steps.ts'
import type { Stage } from '../../support/netns/suite.ts'
import { addressOf } from '../../support/netns/wires.ts'
import { eventually, incidentAt, told } from '../../support/watch.ts'

const DELAY_MS = 200
const LOSS_PERCENT = 5
const PINGS = 10
/** Ports of a namespace that nobody else uses. */
const ECHO_PORT = 7_001
const DELAYED_ECHO_PORT = 7_002
/** More than two found at the same time can explain. */
const PRIVATE_BLOCKS = 3
/** From here on an incident is settled. */
const SETTLED_BLOCKS = 101

export function links({ net, vault }: Stage): void {
  it(`answers a theft with ${DELAY_MS} ms between members, each way, and ${LOSS_PERCENT} % of packets lost`, async () => {
    const { weather, members, regtest } = net()
    const round_trips = await measuredDelay()
    progress(`the relay's round trip: ${Math.min(...round_trips)} to ${Math.max(...round_trips)} ms`)
    assert.ok(Math.min(...round_trips) >= 2 * DELAY_MS)
    await weather.delay(DELAY_MS)
    await weather.lose(LOSS_PERCENT)
    await seen('again', members, members, ({ connected, life }) => connected && life === 'alive')
    const began = performance.now()
    await steal(vault('far apart'), members)
    await answer(vault('far apart'), members, (node, blocks) => regtest.mine(node, blocks))
    progress(`clawed back ${Math.round(performance.now() - began)} ms after the theft, two blocks included`)
    await weather.clear()
  })

  /** In whole ms, at the least loaded: what goes through the relay and back. */
  async function measuredDelay(): Promise<number[]> {
    const place = net().places[0] ?? assert.fail()
    await place.ask({ want: 'echo', port: ECHO_PORT })
    await place.ask({ want: 'relay', port: DELAYED_ECHO_PORT, to: { host: '127.0.0.1', port: ECHO_PORT }, delay_ms: DELAY_MS })
    const port = await place.reachOther(addressOf(1), DELAYED_ECHO_PORT)
    const socket = connect(port, '127.0.0.1')
    const times: number[] = []
    for (let sent = 0; sent < PINGS; sent++) {
      const began = performance.now()
      socket.write('.')
      await once(socket, 'data')
      times.push(Math.round(performance.now() - began))
    }
    socket.destroy()
    await place.unreach(port)
    for (const used of [ECHO_PORT, DELAYED_ECHO_PORT]) await place.ask({ want: 'unlisten', port: used })
    return times
  }

  it('answers a theft on the larger side of a partition; the smaller can do nothing, and learns of it when the partition heals', async () => {
    const { weather, members, regtest } = net()
    const stolen = vault('parted')
    const [few, many] = [members.slice(3), members.slice(0, 3)]
    await together(members)
    await weather.part(few.map(({ index }) => index))
    await seen('dead', many, few, ({ life }) => life === 'dead')
    await Promise.all(few.map(({ name, api }) => eventually(`${name} knows that it is the one cut off`, async () => (await api.status())?.isolated ?? false)))

    await steal(stolen, few)
    await Promise.all(few.map((member) => eventually(`${member.name} holds both votes of its side`, async () =>
      (await incidentAt(member, stolen))?.votes === few.length)))
    await steal(stolen, many)
    const clawback = await answer(stolen, many, (node, blocks) => regtest.mine(node, blocks))
    for (const member of few) {
      const view = await viewAt(member, stolen)
      assert.equal(view.certificate, null, 'two votes make no certificate')
      assert.deepEqual(view.releases, [], 'without one nothing is released')
      assert.equal(view.recovery_tx, null)
    }

    await weather.clear()
    await told(few, stolen, 'recovery-confirmed')
    for (const member of members) assert.equal((await viewAt(member, stolen)).end?.txid, clawback)
    await together(members)
  })

  it('goes on without a member that nobody hears, and hears it again', async () => {
    const { weather, members, regtest } = net()
    const stolen = vault('one way')
    const mute = net().member(2)
    const others = net().without(mute.index)
    await together(members)
    await weather.deafen(others.map(({ index }) => index), [mute.index])
    await seen('dead', others, [mute], ({ life }) => life === 'dead')
    await seen('alive', others, others, ({ life }) => life === 'alive')
    await steal(stolen, others)
    const clawback = await answer(stolen, others, (node, blocks) => regtest.mine(node, blocks))

    await weather.clear()
    await told([mute], stolen, 'recovery-confirmed')
    assert.equal((await viewAt(mute, stolen)).end?.txid, clawback)
    await together(members)
  })

  it('brings a member that was cut off for a whole incident to where the others are', async () => {
    const { weather, members, regtest } = net()
    const stolen = vault('slept through')
    const alone = net().member(3)
    const others = net().without(alone.index)
    const mine = (node: number, blocks: number) => regtest.mine(node, blocks)
    await together(members)
    await weather.part([alone.index])
    await steal(stolen, others)
    await answer(stolen, others, mine)
    await mineAmong(others, mine, SETTLED_BLOCKS)
    await Promise.all(others.map((member) => eventually(`settled at ${member.name}`, async () => (await viewAt(member, stolen)).status === 'settled')))
    assert.equal(await incidentAt(alone, stolen), null, 'it heard of nothing')

    await weather.clear()
    const there = await viewAt(others[0] ?? assert.fail(), stolen)
    await eventually('it is where the others are', async () => {
      const here = await incidentAt(alone, stolen)
      return here?.status === there.status && here.end?.txid === there.end?.txid
    })
    await together(members)
  })

  it('is not led astray by a member whose bitcoind follows a chain of its own, which comes back when it can', async () => {
    const { weather, members, regtest } = net()
    const stolen = vault('forked')
    const astray = net().member(5)
    const others = net().without(astray.index)
    const mine = (node: number, blocks: number) => regtest.mine(node, blocks)
    await together(members)
    await weather.part([astray.index], 'chain')
    const own = await astray.bitcoind.bitcoind.generateToAddress(PRIVATE_BLOCKS, await regtest.freshAddress())
    await mineAmong(others, mine, PRIVATE_BLOCKS + 1)
    await seen('on a chain of its own', others, [astray], ({ tip, tip_class }) => tip?.hash === own.at(-1) && tip_class === 'forked')

    await steal(stolen, others)
    await told(others, stolen, 'certified')
    await eventually('it votes too: its own bitcoind says that the theft is one', async () => {
      const view = await incidentAt(others[0] ?? assert.fail(), stolen)
      return view?.votes_held.some(({ member }) => member.index === astray.index) ?? false
    })
    const clawback = await answer(stolen, others, mine)
    assert.equal((await viewAt(astray, stolen)).end, null, 'its own chain holds no end of it')

    await weather.clear()
    await told([astray], stolen, 'recovery-confirmed')
    assert.equal((await viewAt(astray, stolen)).end?.txid, clawback)
    const tip = (await others[0]?.api.status())?.chain.tip?.hash
    await seen('on the same chain', others, [astray], (peer) => peer.tip?.hash === tip && peer.tip_class === 'in-sync')
  })
}
