/** Drills of all levels, and a panic of an owner and a guardian together. */
import assert from 'node:assert/strict'
import type { Device } from './support/device.ts'
import { useHarbour } from './support/harbour.ts'

const VALUE_SATS = 50_000_000
/** Deep enough for the anchor of an order. */
const ANCHOR_BLOCKS = 10

interface Shown {
  readonly deep_cold: { readonly address: string }
}

describe('a rehearsal and a panic, as a person types them', function () {
  this.timeout(120_000)
  const harbour = useHarbour(['alice'])
  let alice: Device
  let gina: Device

  before(async () => {
    alice = harbour().owner('alice')
    await harbour().start()
    gina = await harbour().guest('gina', 'guardian')
    await gina.bring(alice, 'owner/belfry-card.json', 'gina.json')
    await alice.done('vault keys --out keys --passphrase-file pass')
    const { address } = await alice.result<{ address: string }>('vault address --network regtest --keys keys/vault-keys.json')
    const deposit = await harbour().pay(address, VALUE_SATS)
    await alice.done(`vault plan --network regtest --keys keys/vault-keys.json --deposit ${deposit} --csv 12 --profile full ${harbour().asking}`)
    await alice.done('vault sign --keys keys/cold-1.key keys/cold-2.key --passphrase-file pass')
    await alice.done('vault enrol --data owner --name savings --guardian-card gina.json --passphrase-file pass --wait 30')
    await harbour().mine(ANCHOR_BLOCKS)
  })

  const drill = (level: number, more = '') =>
    `drill run --level ${level} --data owner --vault enrolment.json --passphrase-file pass --wait 60 ${more}`
  const HISTORY = 'drill history --lock federation.lock.json --data owner --passphrase-file pass'

  it('remembers no drill before the first', async () => {
    assert.match(await alice.done(HISTORY), /No member remembers a drill\./)
  })

  it('says that nobody can be notified yet', async () => {
    const said = await alice.refused(1, drill(1))
    assert.match(said, /nobody could be notified/)
    assert.match(said, /No member has a notification channel yet/)
  })

  it('has every member open its shares', async () => {
    const words = await alice.done(drill(2))
    assert.match(words, /The drill passed: level 2/)
    for (const name of ['tower-1', 'tower-2', 'tower-3']) assert.match(words, new RegExp(`${name} \\(member \\d\\): (\\d+) of \\1 shares good`))
  })

  it('tries the whole ladder at the fees of today', async () => {
    assert.match(await alice.refused(2, drill(3)), /--bitcoind-port/)
    const words = await alice.done(drill(3, harbour().asking))
    assert.match(words, /The drill passed: level 3/)
  })

  it('rehearses an incident, with all members and with one held back', async () => {
    assert.match(await alice.done(drill(4)), /The drill passed: level 4/)
    assert.match(await alice.refused(2, drill(5)), /--hold-back/)
    const words = await alice.done(drill(5, '--hold-back tower-2'))
    assert.match(words, /The drill passed: level 5/)
    assert.doesNotMatch(words, /tower-2 \(member 2\): rebuilt/)
  })

  it('lists them all, the newest first', async () => {
    const words = await alice.done(HISTORY)
    assert.deepEqual([...words.matchAll(/^Level (\d)/gm)].map(([, level]) => level), ['5', '4', '3', '2', '1'])
    assert.match(words, /; held back: tower-2$/m)
  })

  it('panics by owner and guardian together, and the coin is at deep cold', async () => {
    const said = await alice.refused(3, 'panic --data owner --vault enrolment.json --passphrase-file pass --yes')
    assert.match(said, /takes 2 signatures of its 2 keys; there is 1\./)
    await alice.done('panic --data owner --vault enrolment.json --passphrase-file pass --yes --sign-only panic.json')
    await alice.bring(gina, 'panic.json')
    await alice.bring(gina, 'enrolment.json')
    const signed = await gina.done('panic --data owner --vault enrolment.json --passphrase-file pass --yes --countersign panic.json')
    assert.match(signed, /signed by 2 keys of 2 needed\. Nothing was sent\.\nIt is complete/)
    await gina.bring(alice, 'panic.json')
    const { deep_cold } = await alice.result<Shown>('vault show plan.json')
    const { deposit } = await alice.result<{ deposit: { outpoint: string } }>('vault show enrolment.json')
    const sending = alice.type('panic --data owner --passphrase-file pass --yes --send panic.json --wait 60')
    await harbour().spenderOf(deposit.outpoint)
    await harbour().mine()
    const { code, stdout, stderr } = await sending
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, /A recovery transaction has confirmed: the coin is at deep cold\./)
    assert.ok((await harbour().balanceOf(deep_cold.address)) > VALUE_SATS * 0.98)
  })

  it('tells the operator of both as his node knows them', async () => {
    const { config } = harbour().nodes[1] ?? {}
    assert.match(await alice.done(`drill history --config ${config}`), /^Level 5, .*\n {2}vault savings; passed/)
    assert.match(await alice.done(`incident list --config ${config}`), /panic/)
    const told = await alice.done(`incident explain --config ${config}`)
    assert.match(told, /^The panic of vault savings: recovered\n/)
    assert.doesNotMatch(told, /SIGNATURE WRONG/)
  })
})
