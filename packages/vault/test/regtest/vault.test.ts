import assert from 'node:assert/strict'
import { script, Transaction } from 'bitcoinjs-lib'
import { fromHex, outpointOf, sats } from '@belfry/protocol/primitives'
import type { Bitcoind, Regtest } from '../../../bitcoind/src/index.ts'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import {
  addressOfScript,
  buildColdSpend,
  buildHotSpend,
  buildRecoverySet,
  createPlan,
  decodeTransaction,
  feerate,
  multisigScript,
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
  unvaultScript,
  type VaultPlan,
} from '../../src/index.ts'
import { signLowR, signerOf, type TestKey, testKey, testKeys } from '../support/keys.ts'
import { COLD, HOT, pubs, request } from '../support/plans.ts'

const CSV = 12
const VALUE = 50_000_000
const ELSEWHERE = scriptOfAddress('bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'regtest')

/** A vault whose deposit is confirmed. */
async function fundedVault(
  regtest: Regtest,
  changes: Partial<PlanRequest> = {},
  cold: readonly TestKey[] = COLD,
): Promise<{ plan: VaultPlan; set: SignedRecoverySet }> {
  const keys = changes.cold ?? { threshold: 2, keys: pubs(cold) }
  const { script } = multisigScript(keys, 'regtest')
  const {
    outpoints: [outpoint],
  } = await regtest.purse.fund([{ script, value: sats(VALUE) }])
  assert.ok(outpoint !== undefined)
  const deposit = { outpoint, value: sats(VALUE) }
  const { plan } = createPlan(request({ csv: CSV, ...changes, cold: keys, deposit }))
  return { plan, set: signRecoverySet(plan, pubs(cold), signerOf(cold)) }
}

function part(set: SignedRecoverySet, id: TransactionId): SignedTransaction {
  return set.transactions.find((transaction) => transaction.id === id) ?? assert.fail(`no ${id}`)
}

async function accepts(bitcoind: Bitcoind, ...transactions: Uint8Array[]): Promise<void> {
  for (const verdict of await bitcoind.testMempoolAccept(transactions)) {
    assert.equal(verdict.rejectReason ?? verdict.packageError, null)
    assert.equal(verdict.allowed, true)
  }
}

function psbtText(psbt: Uint8Array): string {
  return Buffer.from(psbt).toString('base64')
}

async function deriveAddress(bitcoind: Bitcoind, descriptor: string): Promise<unknown> {
  const answer = await bitcoind.rpc.call('deriveaddresses', [descriptor])
  assert.ok(Array.isArray(answer))
  return answer[0]
}

// Core always enforces the rules for version 3; Knots by default takes such transactions by the older rules.
const POLICIES = { 'that enforces TRUC': ['-mempooltruc=enforce'], 'with its default policy': [] } as const

for (const [policy, knotsArgs] of Object.entries(POLICIES))
  describe(`a vault on a real bitcoind ${policy}`, () => {
    const regtest = useRegtest(1, ({ flavour }) => (flavour === 'knots' ? knotsArgs : []))
    const bitcoind = (): Bitcoind => regtest().node(0).bitcoind

    it('has the addresses that bitcoind derives from the same descriptors', async () => {
      const { plan } = createPlan(request({ csv: CSV }))
      const { deposit, unvault, deep_cold } = scriptsOf(plan)
      for (const { descriptor, address } of [deposit, unvault, deep_cold]) {
        assert.equal(await deriveAddress(bitcoind(), descriptor), address)
      }
      const keys = pubs(testKeys('many', 15))
      for (const [threshold, n] of [
        [1, 1],
        [1, 2],
        [3, 5],
        [8, 15],
        [15, 15],
      ] as const) {
        const multi = multisigScript({ threshold, keys: keys.slice(0, n) }, 'regtest')
        assert.equal(await deriveAddress(bitcoind(), multi.descriptor), multi.address)
      }
      for (const csv of [12, 16, 17, 127, 128, 255, 256, 32_767, 32_768, 65_535]) {
        const wsh = unvaultScript(HOT.pub, csv, { threshold: 2, keys: pubs(COLD) }, 'regtest')
        assert.equal(await deriveAddress(bitcoind(), wsh.descriptor), wsh.address)
      }
      const address = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
      const elsewhere = scriptsOf(createPlan(request({ deep_cold: { kind: 'address', address } })).plan).deep_cold
      assert.equal(await deriveAddress(bitcoind(), elsewhere.descriptor), address)
      assert.equal(addressOfScript(elsewhere.script, 'regtest'), address)
    })

    it('has U with every rung of K, and every E, accepted before anything is sent', async () => {
      const { set } = await fundedVault(regtest())
      const unvault = part(set, 'unvault-0')
      for (const { place, raw } of set.transactions) {
        if (place.purpose === 'clawback') await accepts(bitcoind(), unvault.raw, raw)
        else await accepts(bitcoind(), raw)
      }
    })

    it('has the same for every m of n that is likely, and for the largest', async () => {
      for (const [threshold, n] of [
        [1, 1],
        [3, 5],
        [15, 15],
      ] as const) {
        const cold = testKeys(`cold-${n}-`, n)
        const { set } = await fundedVault(regtest(), { cold: { threshold, keys: pubs(cold) } }, cold)
        await accepts(bitcoind(), part(set, 'unvault-0').raw, part(set, 'clawback-0-3').raw)
        await accepts(bitcoind(), part(set, 'emergency-1').raw)
      }
    })

    it('measures the same sizes and fees as bitcoind', async () => {
      const { set } = await fundedVault(regtest())
      for (const id of ['unvault-0', 'clawback-0-0'] as const) {
        const { raw, txid, vsize, fee } = part(set, id)
        assert.equal(await bitcoind().sendRawTransaction(raw), txid)
        const entry = await bitcoind().getMempoolEntry(txid)
        assert.equal(entry?.vsize, vsize)
        assert.equal(entry?.fee, fee)
      }
    })

    it('brings a stolen coin to deep cold: U mined, K up the ladder, K mined', async () => {
      const { plan, set } = await fundedVault(regtest())
      await bitcoind().sendRawTransaction(part(set, 'unvault-0').raw)
      await regtest().mine(0, 1)
      for (const rung of [0, 1, 2, 3]) await bitcoind().sendRawTransaction(part(set, `clawback-0-${rung}`).raw)
      await regtest().mine(0, 1)
      const { txid } = part(set, 'clawback-0-3')
      const rescued = await bitcoind().getTxOut(outpointOf(txid, 0), false)
      assert.equal(rescued?.confirmations, 1)
      assert.deepEqual(rescued?.script, scriptsOf(plan).deep_cold.script)
      assert.equal(rescued?.value, sats(VALUE - 316 - 42_250))
    })

    it('lets K ride with an unconfirmed U as a package', async () => {
      const { set } = await fundedVault(regtest())
      const { message } = await bitcoind().submitPackage([part(set, 'unvault-0').raw, part(set, 'clawback-0-3').raw])
      assert.equal(message, 'success')
    })

    it('lets E outbid an unconfirmed U and a theft with cold keys', async () => {
      const { plan, set } = await fundedVault(regtest())
      const theft = buildColdSpend(plan, pubs(COLD.slice(1)), ELSEWHERE, feerate(20_000), signerOf(COLD))
      assert.equal(await bitcoind().sendRawTransaction(theft.raw), theft.txid)
      await bitcoind().sendRawTransaction(part(set, 'emergency-1').raw)
      assert.equal(await bitcoind().getMempoolEntry(theft.txid), null)
    })

    it('lets the hot key spend after the window and not before', async () => {
      const { plan, set } = await fundedVault(regtest())
      const unvault = part(set, 'unvault-0')
      await bitcoind().sendRawTransaction(unvault.raw)
      const spend = buildHotSpend(plan, unvault.txid, ELSEWHERE, feerate(10_000), signerOf([HOT]))
      await regtest().mine(0, CSV - 1)
      assert.equal((await bitcoind().testAccept([spend.raw])).kind, 'not-final')
      await regtest().mine(0, 1)
      assert.equal(await bitcoind().sendRawTransaction(spend.raw), spend.txid)
      assert.equal((await bitcoind().getMempoolEntry(spend.txid))?.vsize, spend.vsize)
    })

    it('is refused with a wrong signature, as our own verification refuses it', async () => {
      const { set } = await fundedVault(regtest())
      const { raw } = part(set, 'emergency-0')
      const transaction = Transaction.fromBuffer(raw)
      const [empty, first, , witness_script] = transaction.ins[0]?.witness ?? []
      assert.ok(empty !== undefined && first !== undefined && witness_script !== undefined)
      const digest = transaction.hashForWitnessV0(0, witness_script, BigInt(VALUE), Transaction.SIGHASH_ALL)
      const strange = script.signature.encode(signLowR(testKey('stranger').secret, digest), Transaction.SIGHASH_ALL)
      for (const second of [strange, first]) {
        transaction.setWitness(0, [empty, first, second, witness_script])
        assert.equal((await bitcoind().testAccept([transaction.toBuffer()])).kind, 'script-invalid')
      }
    })

    it('hands out PSBTs that bitcoind reads, combines and finalises into our own transactions', async () => {
      const { plan, set } = await fundedVault(regtest())
      const [first, second] = COLD
      assert.ok(first !== undefined && second !== undefined)
      const finalised: Uint8Array[] = []
      for (const unsigned of buildRecoverySet(plan)) {
        const bySigner = [first, second].map((key) => signPsbt(plan, toPsbt(unsigned), [key.pub], signerOf([key])))
        const combined = await bitcoind().rpc.call('combinepsbt', [bySigner.map((psbt) => psbtText(psbt))])
        const answer = await bitcoind().rpc.call('finalizepsbt', [combined, false])
        assert.ok(typeof answer === 'object' && answer !== null && 'complete' in answer && 'psbt' in answer)
        assert.equal(answer.complete, true)
        finalised.push(new Uint8Array(Buffer.from(String(answer.psbt), 'base64')))
      }
      const again = recoverySetFromPsbts(plan, finalised)
      assert.deepEqual(
        again.transactions.map(({ raw }) => raw),
        set.transactions.map(({ raw }) => raw),
      )
    })

    it('decodes every transaction of a block as bitcoind does', async () => {
      const tip = await bitcoind().getBestBlockHash()
      const block = await bitcoind().rpc.call('getblock', [tip, 2])
      assert.ok(typeof block === 'object' && block !== null && 'tx' in block && Array.isArray(block.tx))
      for (const { txid, hash, hex, vsize, weight } of block.tx as { [field: string]: unknown }[]) {
        const decoded = decodeTransaction(fromHex(String(hex)))
        assert.deepEqual([decoded.txid, decoded.wtxid, decoded.vsize, decoded.weight], [txid, hash, vsize, weight])
      }
    })
  })
