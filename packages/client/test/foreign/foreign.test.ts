import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { type RawTransaction, PURSE_SCRIPT, PURSE_WITNESS_SCRIPT, serialise, txidOf } from '@belfry/bitcoind'
import { SecretBytes } from '@belfry/keystore'
import { decodeManifest } from '@belfry/protocol'
import { type Outpoint, concat, outpointOf, parseTxid, sats } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import {
  ClientError,
  type ForeignVault,
  ForeignVaultRefused,
  checkForeignVault,
  custodyToJson,
  guardedForeignVault,
  makeBundle,
  parseCustody,
  readCustody,
  tryForeignVault,
  writeCustody,
} from '../../src/index.ts'
import { makeFederation } from '../support/federation.ts'
import { temporaryFolder } from '../support/folder.ts'

const VALUE = 1_000_000
const OUTPOINT = outpointOf(parseTxid('11'.repeat(32)), 3)

interface Shape {
  readonly sequence?: number
  readonly version?: number
  readonly locktime?: number
  readonly witness?: readonly Uint8Array[]
}

/** Spends a coin that anybody may spend to another such coin. */
function pay(outpoint: Outpoint, value: number, fee: number, shape: Shape = {}): RawTransaction {
  const { sequence = 0xffff_fffd, version = 3, locktime = 0, witness = [PURSE_WITNESS_SCRIPT] } = shape
  return {
    version,
    locktime,
    inputs: [{ outpoint, sequence, witness }],
    outputs: [{ script: PURSE_SCRIPT, value: sats(value - fee) }],
  }
}

/** What a coin that is not segwit would look like: no marker and flag, no witness of one item of one byte. */
function withoutWitness(raw: Uint8Array): Uint8Array {
  return concat(raw.subarray(0, 4), raw.subarray(6, -7), raw.subarray(-4))
}

interface Foreign {
  readonly vault: ForeignVault
  readonly unvault: RawTransaction
}

/** A vault of two clawbacks and two emergency transactions, given in no order. */
function foreign(deposit: Outpoint, change: Partial<ForeignVault> = {}, clawback: Shape = {}): Foreign {
  const unvault = pay(deposit, VALUE, 1_000)
  const unvaulted = outpointOf(txidOf(unvault), 0)
  const raws = (fees: readonly number[], outpoint: Outpoint, value: number, shape: Shape = {}) =>
    fees.map((fee) => serialise(pay(outpoint, value, fee, shape)))
  return {
    unvault,
    vault: {
      network: 'regtest',
      deposit: { outpoint: deposit, value: sats(VALUE), script: PURSE_SCRIPT, funding: 'confirmed' },
      csv: 20,
      act_at: 'confirmation',
      unvaults: [
        {
          transaction: { known: 'whole', raw: serialise(unvault) },
          vout: 0,
          clawback: raws([9_000, 2_000], unvaulted, VALUE - 1_000, clawback),
        },
      ],
      emergency: raws([20_000, 5_000], deposit, VALUE),
      dead_man: [],
      ...change,
    },
  }
}

function refusals(vault: ForeignVault): string[] {
  try {
    checkForeignVault(vault)
    return []
  } catch (error) {
    if (!(error instanceof ForeignVaultRefused)) throw error
    assert.equal(error.code, 'custody-refused')
    return error.findings.map(({ sentence }) => sentence)
  }
}

describe('a vault of another custody scheme', () => {
  it('is dealt in ladders that rise, whatever the order of its file', () => {
    const { vault, notes } = checkForeignVault(foreign(OUTPOINT).vault)
    assert.deepEqual(notes, [])
    const fees = vault.unvaults.map(({ clawback }) => clawback.map(({ fee }) => fee))
    assert.deepEqual(fees, [[2_000n, 9_000n]])
    assert.deepEqual(
      vault.emergency.map(({ fee, place }) => [fee, place]),
      [
        [5_000n, 'emergency-0'],
        [20_000n, 'emergency-1'],
      ],
    )
    assert.equal(vault.unvaults[0]?.fee, 1_000n)
  })

  it('comes out as a bundle that a federation would take', async () => {
    const { federation, root } = makeFederation(5)
    using guarded = guardedForeignVault(checkForeignVault(foreign(OUTPOINT).vault).vault, { name: 'theirs', federation })
    const bundle = await makeBundle({ federation, vault: guarded, root })
    const { unvaults, emergency, csv } = decodeManifest(bundle.manifest.bytes)
    assert.equal(csv, 20)
    assert.equal(unvaults[0]?.clawback.length, 2)
    assert.equal(emergency.length, 2)
  })

  it('may be known by the outline of its unvault alone', () => {
    const { vault, unvault } = foreign(OUTPOINT)
    const [first] = vault.unvaults
    assert.ok(first)
    const output = { value: sats(VALUE - 1_000), script: PURSE_SCRIPT }
    const transaction = { known: 'outline' as const, txid: txidOf(unvault), vsize: 150, fee: sats(1_000), output }
    const { vault: checked, notes } = checkForeignVault({ ...vault, unvaults: [{ ...first, transaction }] })
    assert.equal(checked.unvaults[0]?.txid, txidOf(unvault))
    assert.match(notes.map(({ sentence }) => sentence).join(), /unvault-0: only its outline is known/)
  })

  it('says of a recovery that no block takes it before a height or a time, which may lie ahead', () => {
    const noted = (change: Partial<ForeignVault>, clawback: Shape = {}) =>
      checkForeignVault(foreign(OUTPOINT, change, clawback).vault).notes.map(({ sentence }) => sentence).join()
    assert.match(noted({}, { locktime: 900_000 }), /clawback-0, number 1 as given: no block below 900000 takes it/)
    assert.match(noted({}, { locktime: 1_800_000_000 }), /no block before 2027-01-15T08:00:00.000Z takes it/)
    assert.equal(noted({}, { locktime: 900_000, sequence: 0xffff_ffff }), '', 'which does not count then')
    assert.equal(noted({ dead_man: [serialise(pay(OUTPOINT, VALUE, 7_000, { locktime: 900_000 }))] }), '', 'as is meant there')
  })

  it('is refused where a signature lets others change a transaction, and what they make of it is known to no member', () => {
    const opened = { witness: [Uint8Array.of(0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x05, 0x81), PURSE_WITNESS_SCRIPT] }
    const { vault } = foreign(OUTPOINT, {}, opened)
    assert.match(refusals(vault).join(), /clawback-0, number 1 as given: a signature does not cover all of it/)
    const emergency = [serialise(pay(OUTPOINT, VALUE, 7_000, opened))]
    assert.match(refusals(foreign(OUTPOINT, { emergency }).vault).join(), /emergency, number 1 as given: a signature does not/)
  })

  it('may have no unvault, or no emergency, or only a dead-man transaction, and says what that means', () => {
    const { vault } = foreign(OUTPOINT)
    const noted = (change: Partial<ForeignVault>) =>
      checkForeignVault({ ...vault, ...change })
        .notes.map(({ sentence }) => sentence)
        .join()
    assert.match(noted({ unvaults: [] }), /every spend of the deposit but our own is answered by the emergency ladder/)
    assert.match(noted({ emergency: [] }), /members can only tell/)
    const dead_man = vault.emergency.slice(0, 1)
    assert.match(noted({ unvaults: [], emergency: [], dead_man }), /see and tell a theft, and can do nothing about it/)
    assert.match(refusals({ ...vault, unvaults: [], emergency: [] }).join(), /no recovery transaction at all/)
  })

  const raw = (transaction: RawTransaction) => [serialise(transaction)]
  const other = outpointOf(parseTxid('22'.repeat(32)), 0)
  const wrong: readonly (readonly [string, (one: Foreign) => Partial<ForeignVault>, RegExp])[] = [
    ['bytes that are no transaction', () => ({ emergency: [Uint8Array.of(1, 2)] }), /emergency, number 1 .*: not a transaction/],
    ['an emergency of another coin', () => ({ emergency: raw(pay(other, VALUE, 5_000)) }), /should spend .* and spends another coin/],
    [
      'one that spends other coins, too',
      () => {
        const two = pay(OUTPOINT, VALUE, 5_000)
        return { emergency: raw({ ...two, inputs: [...two.inputs, { outpoint: other, witness: [PURSE_WITNESS_SCRIPT] }] }) }
      },
      /other coins, too/,
    ],
    ['one that pays no fee', () => ({ emergency: raw(pay(OUTPOINT, VALUE, 0)) }), /pays no fee/],
    ['one that pays out too much', () => ({ emergency: raw(pay(OUTPOINT, VALUE, -5)) }), /5 sat more than the coin holds/],
    [
      'two of one feerate',
      ({ vault }) => ({
        emergency: [...vault.emergency.slice(0, 1), ...raw(pay(OUTPOINT, VALUE, 20_000, { sequence: 0xffff_fffe }))],
      }),
      /emergency-1: it pays no more than emergency-0/,
    ],
    ['one that must wait', () => ({ emergency: raw(pay(OUTPOINT, VALUE, 5_000, { sequence: 10 })) }), /waits for 10 × blocks/],
    [
      'the same transaction in two places',
      ({ vault }) => ({ dead_man: vault.emergency.slice(0, 1) }),
      /stands in two places/,
    ],
    ['a window that is too short', () => ({ csv: 11 }), /11 blocks are too few/],
    [
      'an unvault without the output',
      ({ vault }) => ({ unvaults: vault.unvaults.map((one) => ({ ...one, vout: 1 })) }),
      /unvault-0: it has no output 1/,
    ],
    [
      'an unvault that others can change',
      ({ vault, unvault }) => ({
        unvaults: vault.unvaults.map((one) => ({
          ...one,
          transaction: { known: 'whole' as const, raw: withoutWitness(serialise(unvault)) },
        })),
      }),
      /others could change its txid/,
    ],
    [
      'a recovery whose txid others could change',
      ({ vault }) => ({ emergency: vault.emergency.map(withoutWitness) }),
      /emergency, number 1 as given: it spends no segwit coin, so that others could change its txid/,
    ],
  ]
  for (const [what, change, reason] of wrong) {
    it(`is refused for ${what}`, () => {
      const one = foreign(OUTPOINT)
      assert.match(refusals({ ...one.vault, ...change(one) }).join('\n'), reason)
    })
  }

  it('is refused where its clawbacks could not go with their unvault as a package, if they are to', () => {
    const { vault } = foreign(OUTPOINT, {}, { version: 2 })
    assert.match(checkForeignVault(vault).notes.map(({ sentence }) => sentence).join(), /version differs/)
    assert.match(refusals({ ...vault, act_at: 'mempool' }).join(), /clawback-0-0: its version differs/)
  })

  it('never fails otherwise, whatever bytes it is given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        assert.notDeepEqual(refusals({ ...foreign(OUTPOINT).vault, emergency: [bytes] }), [])
      }),
    )
  })
})

describe('a custody file', () => {
  const folder = temporaryFolder()
  const { vault } = foreign(OUTPOINT)

  it('is read as it was written, and strictly', () => {
    assert.deepEqual(parseCustody(custodyToJson(vault), 'x'), vault)
    const fields = JSON.parse(custodyToJson(vault)) as Record<string, unknown>
    for (const change of [{ version: 2 }, { colour: 'green' }, { csv: undefined }, { network: 'moon' }]) {
      assert.throws(() => parseCustody(JSON.stringify({ ...fields, ...change }), 'x'), {
        code: 'file-malformed',
      })
    }
  })

  it('lies encrypted on the disk', async () => {
    using passphrase = SecretBytes.from(new TextEncoder().encode('correct horse'))
    const path = folder.file('custody.json')
    await writeCustody(vault, { path, passphrase })
    assert.deepEqual(await readCustody({ path, passphrase }), vault)
    const [first] = vault.emergency
    assert.ok(first)
    assert.ok(!(await readFile(path, 'utf8')).includes(Buffer.from(first).toString('hex')))
  })

  it('goes to no federation of another network', () => {
    const { federation } = makeFederation(3, { network: 'signet' })
    assert.throws(
      () => guardedForeignVault(checkForeignVault(vault).vault, { name: 'x', federation }),
      (error) => error instanceof ClientError && error.code === 'wrong-network',
    )
  })
})

describe('a vault of another custody scheme at a bitcoind', () => {
  const regtest = useRegtest(1)
  const bitcoind = () => regtest().node(0).bitcoind
  const funded = async () => {
    const { outpoints } = await regtest().purse.fund([{ script: PURSE_SCRIPT, value: sats(VALUE) }])
    const [outpoint] = outpoints
    assert.ok(outpoint)
    return outpoint
  }
  const tried = async (vault: ForeignVault) => await tryForeignVault(bitcoind(), checkForeignVault(vault).vault)

  it('is tried whole, each clawback with its unvault', async () => {
    const { vault } = foreign(await funded())
    assert.deepEqual(await tried(vault), { tried: 5, of: 5, notes: [] })
  })

  it('is tried as far as its unvault is known', async () => {
    const { vault, unvault } = foreign(await funded())
    const output = { value: sats(VALUE - 1_000), script: PURSE_SCRIPT }
    const transaction = { known: 'outline' as const, txid: txidOf(unvault), vsize: 96, fee: sats(1_000), output }
    const [first] = vault.unvaults
    assert.ok(first)
    const outlined = { ...vault, unvaults: [{ ...first, transaction }] }
    assert.deepEqual(await tried(outlined), { tried: 2, of: 4, notes: [] })
  })

  it('is refused where a script does not run, and where the coin is another', async () => {
    const deposit = await funded()
    const { vault } = foreign(deposit)
    const emergency = [serialise(pay(deposit, VALUE, 5_000, { witness: [Uint8Array.of(0x00)] }))]
    await assert.rejects(tried({ ...vault, emergency }), /emergency-0: bitcoind would not take it/)
    const other = { ...vault.deposit, script: Uint8Array.of(0x51) }
    await assert.rejects(tried({ ...vault, deposit: other }), /pays to another script/)
  })

  it('is refused while a transaction is not good yet, unless it is the dead-man one', async () => {
    const deposit = await funded()
    const { vault } = foreign(deposit)
    const late = [serialise(pay(deposit, VALUE, 5_000, { locktime: 1_000_000 }))]
    await assert.rejects(tried({ ...vault, emergency: late }), /emergency-0: bitcoind says that it is not good yet/)
    const { notes } = await tried({ ...vault, dead_man: [serialise(pay(deposit, VALUE, 7_000, { sequence: 5_000 }))] })
    assert.match(notes.map(({ sentence }) => sentence).join(), /dead-man-0: it is not good yet, as is meant/)
  })

  it('cannot be tried before its coin is paid in, where that is to come', async () => {
    const { vault } = foreign(outpointOf(parseTxid('33'.repeat(32)), 0))
    await assert.rejects(tried(vault), { code: 'deposit-not-found' })
    const later = { ...vault, deposit: { ...vault.deposit, funding: 'after-receipts' as const } }
    const { tried: count, notes } = await tried(later)
    assert.equal(count, 0)
    assert.match(notes.map(({ sentence }) => sentence).join(), /not funded yet/)
  })
})
