/** What a bitcoind of the owner says of another scheme's transactions, while the deposit is unspent. Nothing is sent. */
import type { Bitcoind, BroadcastAnswer } from '@belfry/bitcoind'
import { equalBytes } from '@belfry/protocol/primitives'
import { ClientError } from '../errors.ts'
import { findDeposit } from '../vault/deposit.ts'
import type { CheckedTransaction, CheckedVault } from './check.ts'
import { Findings, type ForeignFinding } from './findings.ts'

export interface Trial {
  /** How many of the transactions were looked at by bitcoind, scripts included. */
  readonly tried: number
  readonly of: number
  readonly notes: readonly ForeignFinding[]
}

/**
 * A coin that is to be paid in later has no script to run yet: then nothing can be tried but where the coin is there already.
 * @throws ForeignVaultRefused; ClientError deposit-not-found, unreachable; BitcoindError
 */
export async function tryForeignVault(bitcoind: Bitcoind, vault: CheckedVault, signal?: AbortSignal): Promise<Trial> {
  const findings = new Findings()
  const trials = trialsOf(vault)
  if (!(await isThere(bitcoind, vault, findings, signal))) {
    findings.note('deposit', 'it is not funded yet, so that no transaction could be tried')
    return { tried: 0, of: trials.length, notes: findings.notes() }
  }
  let tried = 0
  for (const { place, raws, mayWait } of trials) {
    if (raws === null) continue
    judge(place, await bitcoind.testAccept(raws, { signal }), mayWait, findings)
    tried += 1
  }
  return { tried, of: trials.length, notes: findings.notes() }
}

async function isThere(bitcoind: Bitcoind, { deposit }: CheckedVault, findings: Findings, signal?: AbortSignal): Promise<boolean> {
  if (deposit.funding === 'after-receipts' && (await bitcoind.getTxOut(deposit.outpoint, true, { signal })) === null) return false
  const { value, script } = await findDeposit(bitcoind, deposit.outpoint, signal)
  if (value !== deposit.value) findings.refuse('deposit', `it holds ${value} sat, the file says ${deposit.value} sat`)
  if (!equalBytes(script, deposit.script)) findings.refuse('deposit', 'it pays to another script than the file says')
  return true
}

interface TrialOf {
  readonly place: string
  /** Parents first; null where a parent is not at hand. */
  readonly raws: readonly Uint8Array[] | null
  readonly mayWait: boolean
}

function trialsOf({ unvaults, emergency, dead_man }: CheckedVault): TrialOf[] {
  const alone = (mayWait: boolean) => ({ place, raw }: CheckedTransaction) => ({ place, raws: [raw], mayWait })
  return [
    ...unvaults.flatMap(({ raw, clawback }, variant) => [
      ...(raw === null ? [] : [{ place: `unvault-${variant}`, raws: [raw], mayWait: false }]),
      ...clawback.map((one) => ({ place: one.place, raws: raw === null ? null : [raw, one.raw], mayWait: false })),
    ]),
    ...emergency.map(alone(false)),
    ...dead_man.map(alone(true)),
  ]
}

function judge(place: string, answer: BroadcastAnswer, mayWait: boolean, findings: Findings): void {
  switch (answer.kind) {
    case 'accepted':
    case 'already-known':
      return
    case 'fee-too-low':
      findings.note(place, 'it pays less than the mempool asks today')
      return
    case 'not-final':
      if (mayWait) findings.note(place, 'it is not good yet, as is meant for a dead-man transaction; its scripts were not run')
      else findings.refuse(place, `bitcoind says that it is not good yet: ${answer.reason}`)
      return
    case 'unreachable':
      throw new ClientError('unreachable', `bitcoind gave no answer on ${place}: ${answer.reason}`, 'Run it again when bitcoind answers.')
    default:
      findings.refuse(place, `bitcoind would not take it: ${answer.reason}`)
  }
}
