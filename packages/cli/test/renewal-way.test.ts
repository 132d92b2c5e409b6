/** The second generation of a vault: cancelled in its notice, then made again and activated; the first stays armed. */
import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { pollUntil } from '@belfry/client/regtest'
import type { Device } from './support/device.ts'
import { useHarbour } from './support/harbour.ts'

const VALUE_SATS = 50_000_000
const LIMIT_MS = 60_000
/** Deep enough for the anchor of an order. */
const ANCHOR_BLOCKS = 8

interface Shown {
  readonly deep_cold: { readonly address: string }
}

describe('a renewal, as a person types it', function () {
  this.timeout(120_000)
  const harbour = useHarbour(['alice', 'bob'])
  let alice: Device
  let bob: Device

  before(async () => {
    alice = harbour().owner('alice')
    bob = harbour().owner('bob')
    await harbour().start()
    await alice.done('vault keys --out keys --passphrase-file pass')
    await alice.done('vault keys --out new-keys --cold 0 --hot 0 --passphrase-file pass')
    await bob.bring(alice, 'owner/belfry-card.json', 'bob.json')
    const { address } = await alice.result<{ address: string }>('vault address --network regtest --keys keys/vault-keys.json')
    const deposit = await harbour().pay(address, VALUE_SATS)
    await plan('plan.json', 'recovery-set.json', deposit, '--csv 12')
    // The hot key waits longer, so that the unvaults are others.
    await plan('plan-2.json', 'recovery-set-2.json', deposit, '--csv 24 --profile standard')
    await alice.done('vault enrol --data owner --name savings --owner-card bob.json --enrol-k 1 --passphrase-file pass --wait 30')
    await harbour().mine(ANCHOR_BLOCKS)
  })

  async function plan(out: string, set: string, deposit: string, more: string): Promise<void> {
    await alice.done(`vault plan --network regtest --keys keys/vault-keys.json --deposit ${deposit} --value ${VALUE_SATS} --out ${out} ${more}`)
    await alice.done(`vault sign --plan ${out} --keys keys/cold-1.key keys/cold-2.key --out ${set} --passphrase-file pass`)
  }

  const RENEW = 'vault renew --data owner --set recovery-set-2.json --passphrase-file pass --wait 30'
  const LIST = 'vault list --data owner --passphrase-file pass'

  it('waits before it becomes active, and gives the hot device nothing until then', async () => {
    const words = await alice.done(RENEW)
    assert.match(words, /3 of 3 members hold generation 2 of vault savings\./)
    assert.match(words, /It becomes active 1 block after a member held all receipts/)
    await assert.rejects(stat(alice.file('unvault-2.json')), { code: 'ENOENT' })
    assert.match(await alice.done(LIST), /generation 2\s+waiting/)
  })

  it('is cancelled by the other owner alone, and never becomes active', async () => {
    await alice.bring(bob, 'enrolment-2.json')
    const words = await bob.done('vault cancel --data owner --vault enrolment-2.json --passphrase-file pass')
    assert.match(words, /The generation is cancelled\./)
    await harbour().mine(2)
    const listed = await alice.done(LIST)
    assert.match(listed, /generation 1\s+active/)
    assert.match(listed, /generation 2\s+cancelled/)
    const said = await alice.refused(3, RENEW)
    assert.match(said, /belfry vault withdraw --enrolment enrolment-2\.json/)
  })

  it('is taken back as the refusal said, and made again', async () => {
    await alice.done('vault withdraw --data owner --enrolment enrolment-2.json --passphrase-file pass')
    const files = '--enrolment again-2.json --receipts again-2-receipts.json --unvault unvault-2.json'
    assert.match(await alice.done(`${RENEW} ${files}`), /It waits/)
    await harbour().mine(2)
    const words = await pollUntil('an active generation', LIMIT_MS, async () => {
      const said = await alice.done(`${RENEW} ${files}`)
      return said.includes('It is active') && said
    })
    assert.match(words, /for the hot device only\s+unvault-2\.json/)
    assert.match(await alice.done(LIST), /generation 1\s+superseded/)
  })

  it('still claws back what an unvault of the first generation takes', async () => {
    const theft = await harbour().steal(alice.file('unvault.json'))
    await harbour().spenderOf(`${theft}:0`)
    await harbour().mine()
    const { deep_cold } = await alice.result<Shown>('vault show plan.json')
    const clawed = await harbour().balanceOf(deep_cold.address)
    assert.ok(clawed > VALUE_SATS * 0.98, `${clawed} sat`)
  })
})
