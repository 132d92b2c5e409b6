/** What can be said of another scheme's transactions before any bitcoind is asked: what they spend, what they pay, in what order. */
import { MIN_CSV } from '@belfry/protocol'
import { type Feerate, type Outpoint, type Sats, type Txid, outpointOf } from '@belfry/protocol/primitives'
import { type DecodedTransaction, MIN_FEERATE, VaultError, decodeTransaction, isWhollySigned, packageFeerate, relativeLockOf } from '@belfry/vault'
import type { ForeignUnvault, ForeignVault } from './custody-file.ts'
import { Findings, type ForeignFinding } from './findings.ts'

/** A finished transaction with what it costs. Its bytes are a secret until it is broadcast. */
export interface CheckedTransaction {
  /** Where it stands once its ladder is sorted: `clawback-0-2`. */
  readonly place: string
  readonly txid: Txid
  readonly wtxid: Txid
  readonly version: number
  readonly vsize: number
  readonly fee: Sats
  readonly feerate: Feerate
  readonly raw: Uint8Array
}

export interface CheckedUnvault {
  readonly txid: Txid
  readonly vout: number
  readonly vsize: number
  readonly fee: Sats
  /** null where only its outline was given. */
  readonly raw: Uint8Array | null
  readonly clawback: readonly CheckedTransaction[]
}

/** A vault of another scheme in the order in which it is dealt. Only `checkForeignVault` makes one. */
export interface CheckedVault extends Omit<ForeignVault, 'unvaults' | 'emergency' | 'dead_man'> {
  readonly unvaults: readonly CheckedUnvault[]
  readonly emergency: readonly CheckedTransaction[]
  readonly dead_man: readonly CheckedTransaction[]
}

interface Coin {
  readonly outpoint: Outpoint
  readonly value: Sats
}

const FINAL = 0xffff_ffff
/** nLockTime counts blocks below this, seconds since the Unix epoch from it on. */
const LOCKTIME_IS_TIME = 500_000_000
/** BIP-431: children of a transaction of this version must have it too, and its own parents likewise. */
const TRUC = 3

/** @throws ForeignVaultRefused with everything that is wrong */
export function checkForeignVault(vault: ForeignVault): { vault: CheckedVault; notes: readonly ForeignFinding[] } {
  const findings = new Findings()
  checkTerms(vault, findings)
  const deposit = vault.deposit
  const unvaults = vault.unvaults.flatMap((one, variant) => checkUnvault(one, variant, vault, findings) ?? [])
  const emergency = ladderOf('emergency', vault.emergency, deposit, findings)
  // A floor of blocks inside it keeps even the members from sending it early: it may wait.
  const dead_man = ladderOf('dead-man', vault.dead_man, deposit, findings, { mayWait: true })
  checkDistinct([...unvaults.flatMap((one) => [one, ...one.clawback]), ...emergency, ...dead_man], findings)
  const notes = findings.notes()
  return { vault: { ...vault, unvaults, emergency, dead_man }, notes }
}

function checkTerms({ network, csv, unvaults, emergency, dead_man }: ForeignVault, findings: Findings): void {
  const least = MIN_CSV[network === 'regtest' ? 'regtest' : 'elsewhere']
  if (csv < least) findings.refuse('csv', `${csv} blocks are too few to notice and answer in; it takes ${least}`)
  if (unvaults.length === 0 && emergency.length === 0) {
    const held = dead_man.length === 0 ? 'it has no recovery transaction at all' : 'it has no clawback and no emergency transaction'
    if (dead_man.length === 0) findings.refuse('recovery', held)
    else findings.note('recovery', `${held}: members see and tell a theft, and can do nothing about it`)
  } else if (unvaults.length === 0) {
    findings.note('unvaults', 'none is named, so that every spend of the deposit but our own is answered by the emergency ladder')
  } else if (emergency.length === 0) {
    findings.note('emergency', 'there is none: against a theft of the keys of the deposit members can only tell')
  }
}

/** null, and a finding, where it cannot be read. */
function checkUnvault(one: ForeignUnvault, variant: number, vault: ForeignVault, findings: Findings): CheckedUnvault | null {
  const place = `unvault-${variant}`
  const known = one.transaction.known === 'whole' ? wholeUnvault(place, one, one.transaction.raw, vault, findings) : outlined(one.transaction)
  if (known === null) return null
  if (known.raw === null) findings.note(place, 'only its outline is known, so that it and its clawbacks cannot be tried together')
  const coin = { outpoint: outpointOf(known.txid, one.vout), value: known.value }
  const clawback = ladderOf(`clawback-${variant}`, one.clawback, coin, findings)
  if (known.version !== null) {
    for (const rung of clawback.filter(({ version }) => (version === TRUC) !== (known.version === TRUC))) {
      const sentence = `its version differs from the unvault's, so that no mempool takes it before that has confirmed (BIP-431)`
      if (vault.act_at === 'mempool') findings.refuse(rung.place, sentence)
      else findings.note(rung.place, sentence)
    }
  }
  const { txid, vsize, fee, raw } = known
  return { txid, vout: one.vout, vsize, fee, raw, clawback }
}

interface KnownUnvault extends Omit<CheckedUnvault, 'vout' | 'clawback'> {
  readonly value: Sats
  readonly version: number | null
}

function outlined({ txid, vsize, fee, output }: Extract<ForeignUnvault['transaction'], { known: 'outline' }>): KnownUnvault {
  return { txid, vsize, fee, raw: null, value: output.value, version: null }
}

function wholeUnvault(
  place: string,
  { vout }: ForeignUnvault,
  raw: Uint8Array,
  { deposit }: ForeignVault,
  findings: Findings,
): KnownUnvault | null {
  const decoded = readTransaction(place, raw, findings)
  if (decoded === null) return null
  const fee = feeOf(place, decoded, deposit, findings) ?? (0n as Sats)
  const output = decoded.outputs[vout]
  if (!output) findings.refuse(place, `it has no output ${vout}`)
  if (decoded.txid === decoded.wtxid || decoded.inputs.some(({ script_sig }) => script_sig.length > 0)) {
    findings.refuse(place, 'it spends no segwit coin, so that others could change its txid and void every clawback')
  }
  checkCommitment(place, raw, decoded, findings)
  const { txid, vsize, version } = decoded
  return { txid, vsize, fee, raw, value: output?.value ?? (0n as Sats), version }
}

/** Sorted by feerate. Its places are those after sorting, and so are those that findings name. */
function ladderOf(
  name: string,
  raws: readonly Uint8Array[],
  coin: Coin,
  findings: Findings,
  { mayWait = false } = {},
): CheckedTransaction[] {
  const rungs = raws.flatMap((raw, given) => {
    const place = `${name}, number ${given + 1} as given`
    const transaction = readTransaction(place, raw, findings)
    const fee = transaction && feeOf(place, transaction, coin, findings)
    if (transaction === null || fee === null) return []
    checkWaits(place, transaction, mayWait, findings)
    checkCommitment(place, raw, transaction, findings)
    const { txid, wtxid, version, vsize } = transaction
    if (txid === wtxid) findings.refuse(place, 'it spends no segwit coin, so that others could change its txid, and members would not know it for their own')
    const feerate = packageFeerate([{ fee, vsize }])
    return [{ place, txid, wtxid, version, vsize, fee, feerate, raw }]
  })
  const sorted = rungs
    .toSorted((a, b) => a.feerate - b.feerate)
    .map((rung, at) => placedAt(`${name}-${at}`, rung))
  for (const [at, { place, feerate }] of sorted.entries()) {
    const before = sorted[at - 1]
    if (before && feerate <= before.feerate) findings.refuse(place, `it pays no more than ${before.place}, so that it could not take its place`)
    if (feerate < MIN_FEERATE) findings.note(place, 'it pays less than 2 sat/vB, which many nodes do not relay')
  }
  return sorted
}

function placedAt(place: string, rung: CheckedTransaction): CheckedTransaction {
  return { ...rung, place }
}

/** A transaction that answers a theft must be good at once. Wallets set a lock time in the past: no chain is asked here. */
function checkWaits(place: string, { version, inputs, locktime }: DecodedTransaction, mayWait: boolean, findings: Findings): void {
  if (mayWait) return
  const sequence = inputs[0]?.sequence ?? FINAL
  const lock = version >= 2 ? relativeLockOf(sequence) : null
  if (lock !== null && lock.count > 0)
    findings.refuse(place, `it waits for ${lock.count} × ${lock.unit} after the coin that it spends; a recovery must be good at once`)
  if (locktime === 0 || sequence === FINAL) return
  const when = locktime < LOCKTIME_IS_TIME ? `below ${locktime}` : `before ${new Date(locktime * 1000).toISOString()}`
  findings.note(place, `no block ${when} takes it; a recovery must be good at once, so this must be past`)
}

/** Members know a transaction by its txid. Of coins that are not segwit nothing is said: bitcoind looks at those. */
function checkCommitment(place: string, raw: Uint8Array, { txid, wtxid }: DecodedTransaction, findings: Findings): void {
  if (txid === wtxid || isWhollySigned(raw)) return
  findings.refuse(place, 'a signature does not cover all of it (SIGHASH_ALL), so that others could change what it pays, or its txid')
}

function readTransaction(place: string, raw: Uint8Array, findings: Findings): DecodedTransaction | null {
  try {
    return decodeTransaction(raw)
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    findings.refuse(place, error.message)
    return null
  }
}

/** null, and a finding, where it does not spend this coin alone or pays out more than it takes in. */
function feeOf(place: string, { inputs, outputs }: DecodedTransaction, { outpoint, value }: Coin, findings: Findings): Sats | null {
  if (inputs.length !== 1 || inputs[0]?.outpoint !== outpoint) {
    const also = inputs.some((one) => one.outpoint === outpoint) ? 'other coins, too, whose values nobody can vouch for' : 'another coin'
    findings.refuse(place, `it should spend ${outpoint} alone, and spends ${also}`)
    return null
  }
  const fee = outputs.reduce((rest, output) => rest - output.value, value as bigint)
  if (fee > 0n) return fee as Sats
  findings.refuse(place, fee === 0n ? 'it pays no fee' : `it pays out ${-fee} sat more than the coin holds`)
  return null
}

function checkDistinct(all: readonly { readonly txid: Txid }[], findings: Findings): void {
  const seen = new Set<Txid>()
  for (const { txid } of all) {
    if (seen.has(txid)) findings.refuse(txid, 'this transaction stands in two places')
    seen.add(txid)
  }
}
