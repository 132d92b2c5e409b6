/** What a bitcoind says about a vault before it is enrolled: its network, its deposit, and its transactions. */
import { type Bitcoind, type BroadcastAnswer } from '@belfry/bitcoind'
import { genesisHashOf } from '@belfry/protocol'
import { type Outpoint, assertNever, equalBytes } from '@belfry/protocol/primitives'
import {
  type Network,
  type Place,
  type SignedRecoverySet,
  type TransactionId,
  type VaultPlan,
  scriptsOf,
  variantClawedBack,
} from '@belfry/vault'
import { ClientError } from '../errors.ts'

/** @throws ClientError wrong-network; BitcoindError */
export async function requireNetwork(bitcoind: Bitcoind, network: Network, signal?: AbortSignal): Promise<void> {
  const genesis = await bitcoind.getBlockHash(0, { signal })
  if (genesis === genesisHashOf(network)) return
  throw new ClientError(
    'wrong-network',
    `this bitcoind is not on ${network}`,
    'Ask a bitcoind of the network that the vault is on.',
  )
}

export interface Deposit {
  readonly value: bigint
  readonly script: Uint8Array
  readonly confirmations: number
}

/** The unspent output. @throws ClientError deposit-not-found; BitcoindError */
export async function findDeposit(bitcoind: Bitcoind, outpoint: Outpoint, signal?: AbortSignal): Promise<Deposit> {
  const found = await bitcoind.getTxOut(outpoint, true, { signal })
  if (found !== null) return found
  throw new ClientError(
    'deposit-not-found',
    `this bitcoind knows no unspent output ${outpoint}`,
    'Check the outpoint; a spent coin cannot be vaulted, and a lagging bitcoind does not know it yet.',
  )
}

/** The unspent output that the plan means. @throws ClientError deposit-not-found, deposit-differs; BitcoindError */
export async function requireDeposit(bitcoind: Bitcoind, plan: VaultPlan, signal?: AbortSignal): Promise<Deposit> {
  const found = await findDeposit(bitcoind, plan.deposit.outpoint, signal)
  const { deposit } = scriptsOf(plan)
  if (!equalBytes(found.script, deposit.script))
    throw differs(plan, "pays to another script than the vault's keys give", `Deposit to ${deposit.address}.`)
  if (found.value !== plan.deposit.value) {
    throw differs(
      plan,
      `holds ${found.value} sat, the plan says ${plan.deposit.value} sat`,
      'Make the plan anew with the value of the output.',
    )
  }
  return found
}

function differs({ deposit }: VaultPlan, how: string, remedy: string): ClientError {
  return new ClientError('deposit-differs', `the output ${deposit.outpoint} ${how}`, remedy)
}

/** Whether the coin is there. That of an ephemeral set is paid in last, so it need not be. */
export type DepositStatus =
  | { readonly kind: 'there'; readonly deposit: Deposit }
  | { readonly kind: 'not-paid-yet'; readonly reason: string }

/** As `requireDeposit`, where it may be missing. @throws ClientError deposit-not-found, deposit-differs; BitcoindError */
export async function lookUpDeposit(bitcoind: Bitcoind, plan: VaultPlan, signal?: AbortSignal): Promise<DepositStatus> {
  const { outpoint } = plan.deposit
  if (plan.signing === 'ephemeral' && (await bitcoind.getTxOut(outpoint, true, { signal })) === null) {
    const reason =
      `the deposit ${outpoint} is not there yet: with ephemeral keys it is paid in last, ` +
      'and until then bitcoind cannot try transactions that spend it'
    return { kind: 'not-paid-yet', reason }
  }
  return { kind: 'there', deposit: await requireDeposit(bitcoind, plan, signal) }
}

/**
 * What an answer means for one transaction of a set. `later`: a dead man's transaction whose coin has not rested long
 * enough, as it should be; bitcoind says so before it looks at the scripts. `underpaid`: the mempool asks more today.
 */
export type AcceptanceOutcome = 'accepted' | 'later' | 'underpaid' | 'refused' | 'unanswered'

export interface Acceptance {
  readonly id: TransactionId
  readonly answer: BroadcastAnswer
  readonly outcome: AcceptanceOutcome
}

/**
 * What the bitcoind would say of every transaction if it were sent now, while the deposit is unspent; nothing is sent.
 * Each clawback is tried together with the unvault that it spends, the others alone.
 */
export async function testAcceptance(
  bitcoind: Bitcoind,
  { transactions }: SignedRecoverySet,
  onTried: (done: number, of: number) => void = () => {},
  signal?: AbortSignal,
): Promise<Acceptance[]> {
  const acceptances: Acceptance[] = []
  for (const { id, place, raw } of transactions) {
    const variant = variantClawedBack(place)
    const unvault = transactions.filter((one) => one.place.purpose === 'unvault' && one.place.variant === variant)
    const answer = await bitcoind.testAccept([...unvault.map((one) => one.raw), raw], { signal })
    acceptances.push({ id, answer, outcome: outcomeOf(place, answer) })
    onTried(acceptances.length, transactions.length)
  }
  return acceptances
}

function outcomeOf({ purpose }: Place, { kind }: BroadcastAnswer): AcceptanceOutcome {
  switch (kind) {
    case 'accepted':
    case 'already-known':
      return 'accepted'
    case 'fee-too-low':
      return 'underpaid'
    case 'unreachable':
      return 'unanswered'
    case 'not-final':
      return purpose === 'dead-man' ? 'later' : 'refused'
    case 'conflict':
    case 'inputs-missing':
    case 'mempool-limits':
    case 'non-standard':
    case 'script-invalid':
    case 'invalid':
    case 'rejected':
      return 'refused'
    default:
      return assertNever(kind)
  }
}
