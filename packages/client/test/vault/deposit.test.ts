import assert from 'node:assert/strict'
import { type Outpoint, outpointOf, parseTxid, sats } from '@belfry/protocol/primitives'
import { type PlanRequest, type SignedRecoverySet, multisigScript } from '@belfry/vault'
import { type Bitcoind } from '../../../bitcoind/src/index.ts'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { ClientError, lookUpDeposit, testAcceptance } from '../../src/index.ts'
import { COLD_SET, HEIR, testSet } from '../support/vault.ts'

const VALUE = sats(50_000_000)
const AFTER = 6
const FULL = {
  profile: 'full',
  fee_coins: { anyone_can_pay: true },
  dead_man: { heir: HEIR, after: AFTER, staging_csv: 5 },
} as const

describe('a vault before it is enrolled, on a real bitcoind', () => {
  const regtest = useRegtest(1)
  const bitcoind = (): Bitcoind => regtest().node(0).bitcoind

  async function funded(changes: Partial<PlanRequest> = {}): Promise<SignedRecoverySet> {
    const { script } = multisigScript(COLD_SET, 'regtest')
    const { outpoints } = await regtest().purse.fund([{ script, value: VALUE }])
    const outpoint: Outpoint = outpoints[0] ?? assert.fail('not funded')
    return testSet('regtest', { ...FULL, deposit: { outpoint, value: VALUE }, ...changes })
  }

  it('has its whole ladder tried, the dead man as one that is accepted later', async () => {
    const set = await funded()
    const tried: number[] = []
    const young = await testAcceptance(bitcoind(), set, (done) => tried.push(done))
    assert.deepEqual(
      young.map(({ id, outcome }) => [id, outcome]),
      set.transactions.map(({ id, place }) => [id, place.purpose === 'dead-man' ? 'later' : 'accepted']),
    )
    assert.deepEqual(
      tried,
      set.transactions.map((_, at) => at + 1),
    )
    await regtest().mine(0, AFTER - 1)
    const rested = await testAcceptance(bitcoind(), set)
    assert.ok(rested.every(({ outcome }) => outcome === 'accepted'))
  })

  it('has transactions refused that spend a coin which is gone', async () => {
    const set = await funded()
    const emergency = set.transactions.find(({ id }) => id === 'emergency-0') ?? assert.fail('no emergency')
    await bitcoind().sendRawTransaction(emergency.raw)
    await regtest().mine(0, 1)
    for (const { id, outcome, answer } of await testAcceptance(bitcoind(), set)) {
      if (id === emergency.id) assert.equal(outcome, 'accepted', 'it is in the chain')
      else assert.deepEqual([outcome, answer.kind], ['refused', 'inputs-missing'], id)
    }
  })

  it('may lack its coin where the keys are ephemeral, and says why nothing is tried', async () => {
    const deposit = { outpoint: outpointOf(parseTxid('ab'.repeat(32)), 0), value: VALUE }
    const ephemeral = testSet('regtest', { ...FULL, deposit, signing: 'ephemeral' })
    const status = await lookUpDeposit(bitcoind(), ephemeral.plan)
    assert.ok(status.kind === 'not-paid-yet')
    assert.match(status.reason, /is not there yet: with ephemeral keys it is paid in last/)
    const presigned = testSet('regtest', { ...FULL, deposit })
    await assert.rejects(
      lookUpDeposit(bitcoind(), presigned.plan),
      (error) => error instanceof ClientError && error.code === 'deposit-not-found',
    )
  })

  it('must have the coin that its plan means, once it is there', async () => {
    const set = await funded({ signing: 'ephemeral' })
    const status = await lookUpDeposit(bitcoind(), set.plan)
    assert.ok(status.kind === 'there')
    assert.equal(status.deposit.value, VALUE)
    const other = { ...set.plan, deposit: { ...set.plan.deposit, value: sats(VALUE + 1n) } }
    await assert.rejects(
      lookUpDeposit(bitcoind(), other),
      (error) => error instanceof ClientError && error.code === 'deposit-differs',
    )
  })
})
