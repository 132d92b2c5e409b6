/** A vault whose cold keys are destroyed before its coin is paid in, and what becomes of a coin that never comes. */
import assert from 'node:assert/strict'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { pollUntil } from '@belfry/client/regtest'
import type { Device } from './support/device.ts'
import { useHarbour } from './support/harbour.ts'

const VALUE_SATS = 50_000_000
const LIMIT_MS = 60_000

interface Planned {
  readonly deposit: { readonly address: string }
  readonly deep_cold: { readonly address: string }
}

describe('keys that are destroyed before the coin is paid in, as a person types it', function () {
  this.timeout(120_000)
  const harbour = useHarbour(['alice'])
  let alice: Device
  let planned: Planned
  let funding: Uint8Array
  let deposit = ''

  before(async () => {
    alice = harbour().owner('alice')
    await harbour().start()
    await alice.done('vault keys --out keys --passphrase-file pass')
  })

  const ADDRESS = 'vault address --network regtest --keys keys/vault-keys.json'
  const PLAN = `vault plan --network regtest --keys keys/vault-keys.json --csv 12 --signing ephemeral --value ${VALUE_SATS}`
  const SIGN = 'vault sign --keys keys/cold-1.key keys/cold-2.key --passphrase-file pass'

  it('plans around a funding transaction that nobody has seen', async () => {
    const { address } = await alice.result<{ address: string }>(ADDRESS)
    ;({ deposit, funding } = await harbour().prepare(address, VALUE_SATS))
    const words = await alice.done(`${PLAN} --deposit ${deposit} ${harbour().asking}`)
    assert.match(words, /The deposit is not there yet, as it should be with ephemeral keys\./)
    assert.match(words, /5\. Destroy every cold key and every copy of it/)
    planned = await alice.result<Planned>('vault show plan.json')
  })

  it('signs the set, and verifies what can be verified without the coin', async () => {
    assert.match(await alice.done(SIGN), /Keep the cold keys until the vault is enrolled; then destroy them, and only then pay the deposit\./)
    const words = await alice.done(`vault verify --confirm ${planned.deep_cold.address} --passphrase-file pass ${harbour().asking}`)
    assert.match(words, /bitcoind tried no transaction: .*not/)
    assert.match(words, /to the destination that you confirmed\./)
  })

  it('sees before the keys are destroyed whether the funding transaction makes this very deposit', async () => {
    await writeFile(alice.file('funding.hex'), `${Buffer.from(funding).toString('hex')}\n`)
    assert.match(await alice.done('vault verify --funding funding.hex --passphrase-file pass'), /The funding transaction makes this deposit/)
    const { address } = await alice.result<{ address: string }>(ADDRESS)
    const other = await harbour().prepare(address, VALUE_SATS)
    await writeFile(alice.file('other.hex'), Buffer.from(other.funding).toString('hex'))
    const said = await alice.refused(3, 'vault verify --funding other.hex --passphrase-file pass')
    assert.match(said, /other\.hex: the funding transaction is not the deposit of this plan: .*Destroy no key and broadcast nothing/s)
  })

  it('is held by all members before there is a coin', async () => {
    const words = await alice.done('vault enrol --data owner --name savings --passphrase-file pass --wait 30')
    assert.match(words, new RegExp(`only then broadcast the transaction that pays 50000000 sat into ${deposit}`))
    const { receipts } = JSON.parse(await readFile(alice.file('enrolment-receipts.json'), 'utf8')) as { receipts: unknown[] }
    assert.equal(receipts.length, 3)
    assert.match(await alice.done('vault list --data owner --passphrase-file pass'), /not funded yet: the coin has not been paid in, as tower-1, tower-2 and tower-3 see it/)
  })

  it('says that a coin of another transaction at the same address is not the vault', async () => {
    await harbour().mineTo(planned.deposit.address)
    assert.match(await alice.done('vault list --data owner --passphrase-file pass'), /not funded yet/)
  })

  it('goes on waiting for a coin that can never come', async () => {
    const { address } = await alice.result<{ address: string }>(ADDRESS)
    const never = await harbour().prepare(address, VALUE_SATS)
    await enrol('never', never.deposit)
    await harbour().send(never.instead)
    await harbour().mine()
    const shown = await alice.done('vault show never-enrolment.json --data owner --passphrase-file pass')
    assert.match(shown, /not funded yet: the coin has not been paid in/)
  })

  it('tells of a coin of another value in its place, to who verifies the set once more', async () => {
    const { address } = await alice.result<{ address: string }>(ADDRESS)
    const wrong = await harbour().prepare(address, VALUE_SATS / 2)
    await enrol('wrong', wrong.deposit)
    await harbour().send(wrong.funding)
    await harbour().mine()
    const said = await alice.refused(3, `vault verify --plan wrong-plan.json --set wrong-set.json --passphrase-file pass ${harbour().asking}`)
    assert.match(said, /25000000 sat/)
    const guarded = async () => alice.done('vault show wrong-enrolment.json --data owner --passphrase-file pass')
    await pollUntil('members that say so', LIMIT_MS, async () => (await guarded()).includes('NOT GUARDED: the coin at its outpoint has another value'))
  })

  /** Of keys that are still there. */
  async function enrol(name: string, of: string): Promise<void> {
    await alice.done(`${PLAN} --deposit ${of} --out ${name}-plan.json`)
    await alice.done(`${SIGN} --plan ${name}-plan.json --out ${name}-set.json`)
    const files = `--enrolment ${name}-enrolment.json --receipts ${name}-receipts.json --unvault ${name}-unvault.json`
    await alice.done(`vault enrol --data owner --name ${name} --set ${name}-set.json ${files} --passphrase-file pass --wait 30`)
  }
  it('is guarded once the funding confirms, and clawed back without any cold key', async () => {
    for (const name of ['cold-1.key', 'cold-2.key', 'cold-3.key']) await rm(alice.file('keys', name))
    await harbour().send(funding)
    await harbour().mine()
    await pollUntil('members that see the coin', LIMIT_MS, async () => !(await alice.done('vault show --data owner --passphrase-file pass')).includes('not funded'))
    await assert.rejects(stat(alice.file('keys', 'cold-1.key')), { code: 'ENOENT' })
    const theft = await harbour().steal(alice.file('unvault.json'))
    await harbour().spenderOf(`${theft}:0`)
    await harbour().mine()
    const clawed = await harbour().balanceOf(planned.deep_cold.address)
    assert.ok(clawed > VALUE_SATS * 0.98, `${clawed} sat`)
  })
})
