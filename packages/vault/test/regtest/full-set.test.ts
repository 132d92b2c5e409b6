import assert from 'node:assert/strict'
import { Transaction } from 'bitcoinjs-lib'
import { fromHex, type Outpoint, outpointOf, type Sats, sats, splitOutpoint, type Txid } from '@belfry/protocol/primitives'
import { type Bitcoind, PURSE_SCRIPT, PURSE_WITNESS_SCRIPT, type Regtest } from '../../../bitcoind/src/index.ts'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import {
  buildHeirSpend,
  buildRecoverySet,
  buildStagingReturn,
  createPlan,
  feerate,
  joinCoin,
  multisigScript,
  payByChild,
  type PlanRequest,
  recoverySetFromPsbts,
  scriptOfAddress,
  scriptsOf,
  type SignedRecoverySet,
  type SignedTransaction,
  signPsbt,
  signRecoverySet,
  toPsbt,
  type TransactionId,
  USUAL_ANCHORED_VSIZE,
  USUAL_ANYONE_CAN_PAY_VSIZE,
  variantClawedBack,
  type VaultPlan,
} from '../../src/index.ts'
import { coinSigner, scriptOfKey } from '../support/fee-parents.ts'
import { signerOf, testKey } from '../support/keys.ts'
import { COLD, FULL, HEIR, pubs, request } from '../support/plans.ts'

const CSV = 12
const AFTER = 8
const STAGING_CSV = 5
const VALUE = 50_000_000
const FEE_COIN = 100_000
const ELSEWHERE = scriptOfAddress('bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'regtest')
const REPLACEABLE = 0xffff_fffd

interface Funded {
  readonly plan: VaultPlan
  readonly set: SignedRecoverySet
}

/** A vault with every kind of transaction, whose deposit is confirmed. */
async function fundedVault(regtest: Regtest, changes: Partial<PlanRequest> = {}): Promise<Funded> {
  const keys = { threshold: 2, keys: pubs(COLD) }
  const { script } = multisigScript(keys, 'regtest')
  const {
    outpoints: [outpoint],
  } = await regtest.purse.fund([{ script, value: sats(VALUE) }])
  assert.ok(outpoint !== undefined)
  const deposit = { outpoint, value: sats(VALUE) }
  const dead_man = { heir: HEIR.pub, after: AFTER, staging_csv: STAGING_CSV }
  const { plan } = createPlan(request({ ...FULL, csv: CSV, cold: keys, deposit, dead_man, ...changes }))
  return { plan, set: signRecoverySet(plan, pubs(COLD), signerOf(COLD)) }
}

/** A confirmed coin that needs no signature, as a fee coin. */
async function feeCoin(regtest: Regtest): Promise<Outpoint> {
  const { outpoints } = await regtest.purse.fund([{ script: PURSE_SCRIPT, value: sats(FEE_COIN) }])
  return outpoints[0] ?? assert.fail('no coin')
}

function part(set: SignedRecoverySet, id: TransactionId): SignedTransaction {
  return set.transactions.find((transaction) => transaction.id === id) ?? assert.fail(`no ${id}`)
}

async function accepts(bitcoind: Bitcoind, what: string, ...transactions: Uint8Array[]): Promise<void> {
  for (const verdict of await bitcoind.testMempoolAccept(transactions)) {
    assert.equal(verdict.rejectReason ?? verdict.packageError, null, what)
    assert.equal(verdict.allowed, true, what)
  }
}

function addInput(transaction: Transaction, outpoint: Outpoint): void {
  const { txid, vout } = splitOutpoint(outpoint)
  transaction.addInput(fromHex(txid).toReversed(), vout, REPLACEABLE)
}

/** A with a coin as a second input, and nothing else changed. */
function joined(raw: Uint8Array, coin: Outpoint): Transaction {
  const transaction = Transaction.fromBuffer(raw)
  addInput(transaction, coin)
  transaction.setWitness(1, [PURSE_WITNESS_SCRIPT])
  return transaction
}

/** A child that spends P's anchor and a coin, and pays `fee`. */
function childOf(parent: Txid, coin: Outpoint, fee: Sats): Transaction {
  const transaction = new Transaction()
  transaction.version = 3
  addInput(transaction, outpointOf(parent, 1))
  addInput(transaction, coin)
  transaction.addOutput(ELSEWHERE, BigInt(FEE_COIN + 240) - fee)
  transaction.setWitness(1, [PURSE_WITNESS_SCRIPT])
  return transaction
}

// Core always enforces the rules for version 3; Knots by default takes such transactions by the older rules.
const POLICIES = { 'that enforces TRUC': ['-mempooltruc=enforce'], 'with its default policy': [] } as const

for (const [policy, knotsArgs] of Object.entries(POLICIES))
  describe(`a full recovery set on a real bitcoind ${policy}`, () => {
    const regtest = useRegtest(1, ({ flavour }) => (flavour === 'knots' ? knotsArgs : []))
    const bitcoind = (): Bitcoind => regtest().node(0).bitcoind

    it('is accepted whole before anything is sent: every clawback with its own U, and all that spends the deposit alone', async () => {
      const { set } = await fundedVault(regtest())
      assert.equal(set.transactions.length, 30)
      await regtest().mine(0, AFTER)
      for (const { id, place, raw } of set.transactions) {
        const variant = variantClawedBack(place)
        const parents = variant === null ? [] : [part(set, `unvault-${variant}`).raw]
        await accepts(bitcoind(), id, ...parents, raw)
      }
    })

    it('has its staging address derived by bitcoind from the same descriptor', async () => {
      const { plan } = await fundedVault(regtest())
      const { staging } = scriptsOf(plan)
      assert.ok(staging !== null)
      assert.deepEqual(await bitcoind().rpc.call('deriveaddresses', [staging.descriptor]), [staging.address])
    })

    it('goes out as PSBTs that bitcoind combines and finalises, with both sighash types', async () => {
      const { plan, set } = await fundedVault(regtest(), { profile: 'compact' })
      const text = (psbt: Uint8Array): string => Buffer.from(psbt).toString('base64')
      const finalised: Uint8Array[] = []
      for (const unsigned of buildRecoverySet(plan)) {
        const bySigner = COLD.slice(0, 2).map((key) => signPsbt(plan, toPsbt(unsigned), [key.pub], signerOf([key])))
        const combined = await bitcoind().rpc.call('combinepsbt', [bySigner.map((psbt) => text(psbt))])
        const answer = await bitcoind().rpc.call('finalizepsbt', [combined, false])
        assert.ok(typeof answer === 'object' && answer !== null && 'complete' in answer && 'psbt' in answer)
        assert.equal(answer.complete, true, unsigned.id)
        finalised.push(new Uint8Array(Buffer.from(String(answer.psbt), 'base64')))
      }
      assert.deepEqual(
        recoverySetFromPsbts(plan, finalised).transactions.map(({ raw }) => raw),
        set.transactions.map(({ raw }) => raw),
      )
    })

    it('lets a fee coin join A, over the rungs beneath, and keeps its outputs', async () => {
      const { plan, set } = await fundedVault(regtest())
      const coin = await feeCoin(regtest())
      await bitcoind().sendRawTransaction(part(set, 'unvault-1').raw)
      await regtest().mine(0, 1)
      await bitcoind().sendRawTransaction(part(set, 'clawback-1-3').raw)
      const open = part(set, 'anyone-can-pay-1')
      assert.equal((await bitcoind().testAccept([open.raw])).kind, 'conflict', 'by itself it pays 2 sat/vB')
      const complete = joined(open.raw, coin)
      const txid = await bitcoind().sendRawTransaction(complete.toBuffer())
      const entry = await bitcoind().getMempoolEntry(txid)
      assert.equal(entry?.fee, sats(open.fee + BigInt(FEE_COIN)))
      await regtest().mine(0, 1)
      const rescued = await bitcoind().getTxOut(outpointOf(txid, 0), false)
      assert.deepEqual(rescued?.script, scriptsOf(plan).deep_cold.script)
      assert.equal(rescued?.value, sats(BigInt(VALUE) - part(set, 'unvault-1').fee - open.fee))
    })

    it('outbids A by its highest rung and no other, once strangers padded it as far as they can', async () => {
      const { set } = await fundedVault(regtest())
      const junk = Array.from({ length: 230 }, () => ({ script: PURSE_SCRIPT, value: sats(600) }))
      const { outpoints } = await regtest().purse.fund(junk)
      await bitcoind().sendRawTransaction(part(set, 'unvault-0').raw)
      await regtest().mine(0, 1)
      const padded = Transaction.fromBuffer(part(set, 'anyone-can-pay-0').raw)
      for (const outpoint of outpoints) {
        addInput(padded, outpoint)
        padded.setWitness(padded.ins.length - 1, [PURSE_WITNESS_SCRIPT])
      }
      // Version 3 has at most 10,000 vB (BIP-431).
      assert.ok(padded.virtualSize() > 9_500 && padded.virtualSize() <= 10_000)
      await bitcoind().sendRawTransaction(padded.toBuffer())
      for (const rung of [0, 1, 2, 3] as const) {
        const { kind } = await bitcoind().testAccept([part(set, `clawback-0-${rung}`).raw])
        assert.equal(kind, 'conflict', `rung ${rung}`)
      }
      const top = part(set, 'clawback-0-4')
      assert.equal(await bitcoind().sendRawTransaction(top.raw), top.txid)
    })

    it('lets no coin join another clawback', async () => {
      const { set } = await fundedVault(regtest())
      const coin = await feeCoin(regtest())
      await bitcoind().sendRawTransaction(part(set, 'unvault-0').raw)
      await regtest().mine(0, 1)
      const padded = joined(part(set, 'clawback-0-0').raw, coin)
      assert.equal((await bitcoind().testAccept([padded.toBuffer()])).kind, 'script-invalid')
    })

    it('lets a child pay for P once U confirmed', async () => {
      const { plan, set } = await fundedVault(regtest())
      const coin = await feeCoin(regtest())
      await bitcoind().sendRawTransaction(part(set, 'unvault-2').raw)
      await regtest().mine(0, 1)
      const parent = part(set, 'anchored-2')
      const child = childOf(parent.txid, coin, sats(60_000))
      const { message } = await bitcoind().submitPackage([parent.raw, child.toBuffer()])
      assert.equal(message, 'success')
      const entry = await bitcoind().getMempoolEntry(parent.txid)
      assert.deepEqual([entry?.vsize, entry?.fee], [parent.vsize, parent.fee])
      await regtest().mine(0, 1)
      assert.deepEqual((await bitcoind().getTxOut(outpointOf(parent.txid, 0), false))?.script, scriptsOf(plan).deep_cold.script)
    })

    it('is completed by the fee wallet of a node: A with a coin, or P with a child, at the sizes that it reckons with', async () => {
      const key = testKey('fee wallet')
      const script = scriptOfKey(key)
      const { plan, set } = await fundedVault(regtest())
      const { outpoints } = await regtest().purse.fund([{ script, value: sats(FEE_COIN) }, { script, value: sats(FEE_COIN) }])
      const [first, second] = outpoints.map((outpoint) => ({ outpoint, value: sats(FEE_COIN), key: key.pub }))
      assert.ok(first !== undefined && second !== undefined)
      const sign = coinSigner([key])
      await bitcoind().sendRawTransaction(part(set, 'unvault-0').raw)
      await regtest().mine(0, 1)
      const p = part(set, 'anchored-0')
      const rate = feerate(100_000)
      const child = payByChild({ parent: p.raw, parent_fee: p.fee, coin: first, change: script, feerate: rate, min_fee: sats(0), sign })
      assert.equal((await bitcoind().broadcastPackage([p.raw, child.raw])).kind, 'accepted')
      const a = part(set, 'anyone-can-pay-0')
      const complete = joinCoin({ raw: a.raw, own_fee: a.fee, coin: second, sign })
      // It reckons with the longest signatures; each of the three may be a byte shorter.
      for (const [vsize, usual] of [
        [p.vsize + child.vsize, USUAL_ANCHORED_VSIZE],
        [complete.vsize, USUAL_ANYONE_CAN_PAY_VSIZE],
      ] as const)
        assert.ok(vsize <= usual && vsize >= usual - 2, `${vsize} of ${usual} vB`)
      assert.equal((await bitcoind().broadcast(complete.raw)).kind, 'accepted', 'it pays more than P with its child')
      await regtest().mine(0, 1)
      const rescued = await bitcoind().getTxOut(outpointOf(complete.txid, 0), false)
      assert.deepEqual(rescued?.script, scriptsOf(plan).deep_cold.script)
    })

    it('lets nobody send the dead man before the deposit has rested, and the heir spend after staging', async () => {
      const { plan, set } = await fundedVault(regtest())
      const dead = part(set, 'dead-man-1')
      // The deposit has one confirmation, and a transaction of the next block needs AFTER of them.
      await regtest().mine(0, AFTER - 2)
      assert.equal((await bitcoind().testAccept([dead.raw])).kind, 'not-final')
      await regtest().mine(0, 1)
      assert.equal(await bitcoind().sendRawTransaction(dead.raw), dead.txid)
      const spend = buildHeirSpend(plan, dead.txid, ELSEWHERE, feerate(10_000), signerOf([HEIR]))
      await regtest().mine(0, STAGING_CSV - 1)
      assert.equal((await bitcoind().testAccept([spend.raw])).kind, 'not-final')
      await regtest().mine(0, 1)
      assert.equal(await bitcoind().sendRawTransaction(spend.raw), spend.txid)
      assert.equal((await bitcoind().getMempoolEntry(spend.txid))?.vsize, spend.vsize)
    })

    it('lets the owner take the coin back from staging at any time', async () => {
      const { plan, set } = await fundedVault(regtest())
      const dead = part(set, 'dead-man-0')
      await regtest().mine(0, AFTER)
      await bitcoind().sendRawTransaction(dead.raw)
      const back = buildStagingReturn(plan, dead.txid, pubs(COLD), ELSEWHERE, feerate(10_000), signerOf(COLD))
      assert.equal((await bitcoind().testAccept([back.raw])).kind, 'accepted', 'before it is mined')
      await regtest().mine(0, 1)
      assert.equal(await bitcoind().sendRawTransaction(back.raw), back.txid)
    })

    it('lets a moved deposit void the dead man', async () => {
      const { set } = await fundedVault(regtest())
      await regtest().mine(0, AFTER)
      await bitcoind().sendRawTransaction(part(set, 'dead-man-0').raw)
      await bitcoind().sendRawTransaction(part(set, 'emergency-2').raw)
      assert.equal(await bitcoind().getMempoolEntry(part(set, 'dead-man-0').txid), null)
      await regtest().mine(0, 1)
      assert.equal((await bitcoind().testAccept([part(set, 'dead-man-2').raw])).kind, 'inputs-missing')
    })
  })
