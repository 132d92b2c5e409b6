import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { answerOfError, answerOfPackage, answerOfReason, type AnswerKind } from '../src/answers.ts'
import { BitcoindError } from '../src/errors.ts'

/** As bitcoind 29.5 said them, and Core 28 to 30 where they differ. */
const SAID: readonly (readonly [reason: string, kind: AnswerKind])[] = [
  ['txn-already-in-mempool', 'already-known'],
  ['txn-already-known', 'already-known'],
  ['txn-same-nonwitness-data-in-mempool', 'already-known'],
  ['Transaction outputs already in utxo set', 'already-known'],
  ['min relay fee not met, 0 < 96', 'fee-too-low'],
  ['mempool min fee not met, 316 < 1580', 'fee-too-low'],
  ['mempool full', 'fee-too-low'],
  ['insufficient fee', 'conflict'],
  ['insufficient fee, rejecting replacement 9a; new feerate 0.00004166 BTC/kvB <= old feerate 0.00005208', 'conflict'],
  ['insufficient fee, rejecting replacement 9aea, less fees than conflicting txs; 0.00000338 < 0.0000169', 'conflict'],
  ['insufficient fee (including sibling eviction), rejecting replacement 9aea', 'conflict'],
  ['insufficient feerate: does not improve feerate diagram', 'conflict'],
  ['package RBF failed: insufficient feerate: does not improve feerate diagram', 'conflict'],
  ['replacement-failed', 'conflict'],
  ['txn-mempool-conflict', 'conflict'],
  ['too many potential replacements, rejecting replacement 9aea', 'conflict'],
  ['bad-txns-inputs-missingorspent', 'inputs-missing'],
  ['missing-inputs', 'inputs-missing'],
  ['non-final', 'not-final'],
  ['non-BIP68-final', 'not-final'],
  ['bad-txns-premature-spend-of-coinbase, tried to spend coinbase at depth 1', 'not-final'],
  ['mandatory-script-verify-flag-failed (Signature must be zero for failed CHECKSIG operation)', 'script-invalid'],
  ['mempool-script-verify-flag-failed (Witness program hash mismatch), input 0 of 55c3', 'script-invalid'],
  ['non-mandatory-script-verify-flag (Stack size must be exactly one after execution)', 'script-invalid'],
  ['insufficient fee, rejecting replacement 9aea, not enough additional fees to relay; 0.00000085 < 0.00000169', 'conflict'],
  ['bad-txns-spends-conflicting-tx, 9aea spends conflicting transaction 55c3', 'conflict'],
  ['too-long-mempool-chain, too many descendants', 'mempool-limits'],
  ['too-long-mempool-chain, too many unconfirmed ancestors [limit: 25]', 'mempool-limits'],
  ['too-large-cluster', 'mempool-limits'],
  ['truc-spent-by-nontruc, non-version=3 tx', 'mempool-limits'],
  ['truc-spends-nontruc, version=3 tx 9aea cannot spend from non-version=3 tx 55c3', 'mempool-limits'],
  ['truc-ancestors-toomany, tx 9aea would have too many ancestors', 'mempool-limits'],
  ['truc-descendants-toomany', 'mempool-limits'],
  ['truc-child-toobig, version=3 child tx 9aea is too big: 1143 > 1000 virtual bytes', 'mempool-limits'],
  ['truc-vsize-toobig', 'mempool-limits'],
  ['TRUC-violation', 'mempool-limits'],
  ['TRUC-violation, tx 9aea would have too many ancestors', 'mempool-limits'],
  ['v3-rule-violation', 'mempool-limits'],
  ['replacement-adds-unconfirmed, replacement 7df0 adds unconfirmed input, idx 1', 'mempool-limits'],
  ['package topology disallowed. not child-with-parents or parents depend on each other.', 'mempool-limits'],
  ['package-not-child-with-unconfirmed-parents', 'mempool-limits'],
  ['package-mempool-limits', 'mempool-limits'],
  ['conflict-in-package', 'mempool-limits'],
  ['version', 'non-standard'],
  ['dust, tx with dust output must be 0-fee', 'non-standard'],
  ['dust-nonanchor', 'non-standard'],
  ['scriptpubkey', 'non-standard'],
  ['scriptpubkey-unknown-witnessversion', 'non-standard'],
  ['bad-witness-nonstandard', 'non-standard'],
  ['bad-txns-nonstandard-inputs', 'non-standard'],
  ['bad-txns-too-many-sigops', 'non-standard'],
  ['max feerate exceeded', 'non-standard'],
  ['Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)', 'non-standard'],
  ['bad-txns-in-belowout, value in (0.01) < value out (0.01005)', 'invalid'],
  ['bad-txns-inputs-duplicate', 'invalid'],
  ['coinbase', 'invalid'],
  ['TX decode failed. Make sure the tx has at least one input.', 'invalid'],
  ['a reason that nobody has heard of', 'rejected'],
  ['versions differ', 'rejected'],
  ['non-finality-of-another-kind', 'rejected'],
]

function rpcError(code: number, message: string): BitcoindError {
  return new BitcoindError('rpc-error', 'refused', { rpc: { code, message } })
}

describe('answers', () => {
  for (const [reason, kind] of SAID) {
    it(`takes "${reason.slice(0, 60)}" as ${kind}`, () => {
      assert.equal(answerOfReason(reason).kind, kind)
      assert.equal(answerOfError(rpcError(-26, reason)).kind, kind)
      assert.equal(answerOfPackage('transaction failed', [null, reason]).kind, kind)
    })
  }

  it('takes RPC error -27 as already known, whatever its words', () => {
    assert.deepEqual(answerOfError(rpcError(-27, 'Said in some other way')), { kind: 'already-known' })
  })

  it('takes every failure to get an answer as unreachable, never as a refusal', () => {
    for (const code of ['unreachable', 'timeout', 'warming-up', 'unauthorised', 'busy', 'malformed-answer'] as const) {
      const answer = answerOfError(new BitcoindError(code, 'a sentence'))
      assert.deepEqual(answer, { kind: 'unreachable', code, reason: 'a sentence' })
    }
    assert.equal(answerOfError(rpcError(-32601, 'Method not found')).kind, 'unreachable')
    assert.equal(answerOfError(rpcError(-7, 'Out of memory')).kind, 'unreachable')
  })

  it('throws on an error that is no answer of bitcoind', () => {
    assert.throws(() => answerOfError(new TypeError('a bug')), TypeError)
  })

  it('tells of a package what stands in the way of the last transaction', () => {
    const missing = 'bad-txns-inputs-missingorspent'
    assert.equal(answerOfPackage('success', [null, null]).kind, 'accepted')
    // The parent is in the chain, the child is new.
    assert.equal(answerOfPackage('transaction failed', ['txn-already-known', null]).kind, 'accepted')
    assert.equal(
      answerOfPackage('transaction failed', ['min relay fee not met, 0 < 96', missing]).kind, 'fee-too-low')
    // The child is in the chain, and spent what the parent made.
    assert.equal(answerOfPackage('transaction failed', [missing, 'txn-already-known']).kind, 'already-known')
    assert.equal(answerOfPackage('package RBF failed: insufficient anti-DoS fees', [null, missing]).kind, 'conflict')
    assert.equal(answerOfPackage('conflict-in-package', [undefined, undefined]).kind, 'mempool-limits')
    // The parent is sound, and nobody looked further at it.
    assert.equal(answerOfPackage(null, [undefined, 'non-final']).kind, 'not-final')
    assert.equal(answerOfPackage(null, ['missing-inputs', undefined]).kind, 'inputs-missing')
    assert.equal(answerOfPackage(null, [null, undefined]).kind, 'rejected')
    assert.equal(answerOfPackage(null, []).kind, 'rejected')
  })

  it('keeps a reason short, printable and free of raw transactions', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (reason) => {
      const answer = answerOfReason(reason)
      if (answer.kind === 'accepted' || answer.kind === 'already-known') return
      assert.match(answer.reason, /^[\x20-\x7e]{0,200}$/)
    }))
    const raw = '0300ab'.repeat(200)
    const answer = answerOfError(rpcError(-22, `TX decode failed: ${raw} Make sure the tx has at least one input.`))
    assert.equal(answer.kind, 'invalid')
    assert.ok(answer.kind === 'invalid' && !answer.reason.includes('0300ab'))
  })
})
