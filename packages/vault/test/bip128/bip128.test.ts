import assert from 'node:assert/strict'
import { Transaction } from 'bitcoinjs-lib'
import * as fc from 'fast-check'
import {
  VaultError,
  acceptTimelockPlan,
  blocksOf,
  checksumOf,
  daysOf,
  parseTimelockPlan,
  relativeLockOf,
  sequenceOfDays,
  timelockPlanToJson,
} from '../../src/index.ts'
import { EXAMPLE } from './example.ts'

type Fields = Record<string, unknown>

/** The example with other fields, and the checksum that belongs to them. */
function planWith(change: Fields, { checksum }: { readonly checksum?: string } = {}): string {
  const { checksum: _, ...fields } = { ...EXAMPLE, ...change } as Fields & { checksum: string }
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  return JSON.stringify({ ...present, checksum: checksum ?? checksumOf(present).slice(0, 8) })
}

const accept = (change: Fields) => acceptTimelockPlan(parseTimelockPlan(planWith(change)), 'mainnet')

describe('a timelock-recovery plan', () => {
  it('is read as its proposal gives it, down to the signature of the recovery', () => {
    const accepted = acceptTimelockPlan(parseTimelockPlan(JSON.stringify(EXAMPLE)), 'mainnet')
    assert.equal(accepted.recovery_verified, true)
    assert.equal(accepted.alert.txid, EXAMPLE.alert_txid)
    assert.equal(accepted.recovery.txid, EXAMPLE.recovery_txid)
    assert.deepEqual(accepted.lock, { unit: '512 seconds', count: 338 })
    assert.equal(accepted.alert_outpoint, `${EXAMPLE.alert_txid}:1`)
    assert.equal(accepted.spent, 22_879n, '600 for the anchor, 22,048 for the alert address, 231 for the fee')
    assert.deepEqual(accepted.plan.recovery_outputs[0]?.label, 'My Backup Wallet')
  })

  it('is written so that another wallet finds the same checksum', () => {
    const written = JSON.parse(timelockPlanToJson(parseTimelockPlan(JSON.stringify(EXAMPLE)))) as Fields
    assert.deepEqual(written, EXAMPLE)
  })

  it('may leave out what is optional, and then leaves it out again', () => {
    const text = planWith({ name: undefined, description: undefined, metadata: undefined, plugin_version: undefined })
    const plan = parseTimelockPlan(text)
    assert.deepEqual([plan.name, plan.description, plan.metadata, plan.plugin_version], [null, null, null, null])
    assert.deepEqual(JSON.parse(timelockPlanToJson(plan)), JSON.parse(text))
  })

  it('may carry fields that nobody has named yet: the checksum covers them', () => {
    assert.equal(parseTimelockPlan(planWith({ colour: 'green' })).id, EXAMPLE.id)
    const { checksum } = EXAMPLE
    assert.throws(() => parseTimelockPlan(planWith({ colour: 'green' }, { checksum })), { code: 'file-inconsistent' })
  })

  it('takes a longer checksum, and that of names that are not ASCII in either spelling', () => {
    const { checksum: _, ...fields } = EXAMPLE
    assert.equal(parseTimelockPlan(JSON.stringify({ ...fields, checksum: checksumOf(fields) })).id, EXAMPLE.id)
    // What Electrum's tests expect of these two fields.
    const foreign = { wallet_name: 'Ωmega Wörld Ñoño 日本語 中文 עברית العربية', id: 'abc-123' }
    assert.equal(checksumOf(foreign).slice(0, 8), '74674eca')
  })

  it('is refused when anything in it was changed without its checksum', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(EXAMPLE).filter((name) => name !== 'checksum')), (name) => {
        const changed = { ...EXAMPLE, [name]: 'changed' }
        assert.throws(() => parseTimelockPlan(JSON.stringify(changed)), VaultError)
      }),
    )
  })

  const faults: readonly (readonly [string, Fields, RegExp])[] = [
    ['another alert txid', { alert_txid: 'ab'.repeat(32) }, /alert_txid/],
    ['another weight', { alert_weight: 833 }, /834 weight units/],
    ['other inputs', { alert_inputs: EXAMPLE.alert_inputs.slice(1) }, /alert_inputs/],
    ['another alert address', { alert_address: EXAMPLE.anchor_addresses[0] }, /does not spend the alert address/],
    ['another anchor amount', { anchor_amount_sats: 601 }, /anchors, or another amount/],
    ['no anchors named', { anchor_addresses: [] }, /others than alert_address/],
    ['another recovery txid', { recovery_txid: 'ab'.repeat(32) }, /recovery_txid/],
    ['another recovery fee', { recovery_fee: 121 }, /recovery_fee/],
    ['another amount', { recovery_outputs: [[EXAMPLE.anchor_addresses[0], 21_927]] }, /recovery_outputs/],
    ['another beneficiary', { recovery_outputs: [[EXAMPLE.alert_address, 21_926]] }, /recovery_outputs/],
    ['another time', { timelock_days: 3 }, /not 3 days/],
    [
      'a recovery without a lock',
      { recovery_tx: EXAMPLE.recovery_tx.replace('52014000', 'FDFFFFFF') },
      /no relative lock/,
    ],
    [
      'a recovery of version 1, for which no lock counts',
      { recovery_tx: EXAMPLE.recovery_tx.replace(/^02/, '01') },
      /no relative lock/,
    ],
  ]
  for (const [what, change, reason] of faults) {
    it(`is refused for ${what}`, () => {
      assert.throws(
        () => accept(change),
        (error) => error instanceof VaultError && error.code === 'timelock-plan-refused' && reason.test(error.message),
      )
    })
  }

  it('is refused where the recovery is not signed by the alert address', () => {
    const at = EXAMPLE.recovery_tx.indexOf('4AFF87C2')
    const spoilt = `${EXAMPLE.recovery_tx.slice(0, at)}4AFF87C3${EXAMPLE.recovery_tx.slice(at + 8)}`
    assert.throws(() => accept({ recovery_tx: spoilt }), /not signed by the keys of the alert address/)
  })

  it('is refused where a signature lets others change what the transaction pays', () => {
    const open = EXAMPLE.alert_tx.replace('D0941397D0121', 'D0941397D0221')
    assert.notEqual(open, EXAMPLE.alert_tx)
    assert.throws(() => accept({ alert_tx: open }), /signature of the alert does not cover all of it/)
    const single = EXAMPLE.recovery_tx.replace('486A826D760121', '486A826D760321')
    assert.notEqual(single, EXAMPLE.recovery_tx)
    assert.throws(() => accept({ recovery_tx: single }), /signature of the recovery does not cover all of it/)
  })

  it('is refused where the alert pays its address twice, for the recovery brings one of the two to the heir', () => {
    const alert = Transaction.fromHex(EXAMPLE.alert_tx)
    alert.addOutput(alert.outs[1]?.script ?? assert.fail(), 5_000n)
    assert.throws(() => accept({ alert_tx: alert.toHex().toUpperCase() }), /pays to alert_address more than once/)
  })

  it('is refused where a transaction is locked until long after the plan was made', () => {
    const lockedUntil = (raw: string, locktime: number): string => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32LE(locktime)
      return raw.slice(0, -8) + bytes.toString('hex').toUpperCase()
    }
    const made = Math.floor(Date.parse(EXAMPLE.created_at) / 1_000)
    for (const locktime of [499_999_999, 1_200_000, made + 40_000_000]) {
      assert.throws(() => accept({ alert_tx: lockedUntil(EXAMPLE.alert_tx, locktime) }), /the alert is locked until/)
      assert.throws(() => accept({ recovery_tx: lockedUntil(EXAMPLE.recovery_tx, locktime) }), /the recovery is locked until/)
    }
    // Wallets lock a transaction at the height of the day, so that miners gain nothing by going back.
    for (const locktime of [924_800, made]) {
      assert.throws(() => accept({ alert_tx: lockedUntil(EXAMPLE.alert_tx, locktime) }), (error) =>
        error instanceof VaultError && !error.message.includes('locked until'))
    }
  })

  it('is refused where it is nested deeper than anybody writes', () => {
    const { checksum: _, ...fields } = EXAMPLE
    for (const depth of [100, 500_000]) {
      const text = `${JSON.stringify({ ...fields, checksum: '00000000' }).slice(0, -1)},"deep":${'['.repeat(depth)}${']'.repeat(depth)}}`
      assert.throws(() => parseTimelockPlan(text), { code: 'file-malformed' })
    }
  })

  it('is refused on another network, and as a form that it does not have', () => {
    const plan = parseTimelockPlan(JSON.stringify(EXAMPLE))
    assert.throws(() => acceptTimelockPlan(plan, 'regtest'), /none of regtest/)
    const forms: readonly (readonly [Fields, string])[] = [
      [{ kind: 'timelock-cancellation-plan' }, 'file-malformed'],
      [{ id: undefined }, 'file-missing-field'],
      [{ created_at: 'yesterday' }, 'file-malformed'],
      [{ alert_tx: EXAMPLE.alert_tx.toLowerCase() }, 'file-malformed'],
      [{ timelock_days: 1 }, 'file-malformed'],
      [{ recovery_outputs: [['here', 1, 'x', 'y']] }, 'file-malformed'],
      [{ recovery_outputs: 'none' }, 'file-malformed'],
    ]
    for (const [change, code] of forms) assert.throws(() => parseTimelockPlan(planWith(change)), { code })
    for (const text of ['', '[]', 'null', '{}']) assert.throws(() => parseTimelockPlan(text), VaultError)
  })

  it('never throws anything else, whatever it is given', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.throws(() => parseTimelockPlan(text), VaultError)
      }),
    )
  })
})

describe('the relative lock of a plan', () => {
  it('is that of its days, for every number of days', () => {
    for (let days = 2; days <= 388; days++) {
      const lock = relativeLockOf(sequenceOfDays(days))
      assert.ok(lock)
      assert.equal(daysOf(lock), days)
      assert.ok(Math.abs(blocksOf(lock) - days * 144) <= 1)
    }
  })

  it('may count blocks, and may be none', () => {
    const lock = relativeLockOf(4_320)
    assert.ok(lock)
    assert.deepEqual([lock.unit, daysOf(lock), blocksOf(lock)], ['blocks', 30, 4_320])
    assert.equal(relativeLockOf(0xffff_fffd), null)
  })
})
