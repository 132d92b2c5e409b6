/** What a bitcoind says about a vault before it is enrolled: its network, its deposit, and its transactions. */
import { type Bitcoind, type BroadcastAnswer } from '@belfry/bitcoind'
import { genesisHashOf } from '@belfry/protocol'
import { type Outpoint, equalBytes } from '@belfry/protocol/primitives'
import { type Network, type SignedRecoverySet, type TransactionId, type VaultPlan, scriptsOf } from '@belfry/vault'
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

export interface Acceptance {
  readonly id: TransactionId
  readonly answer: BroadcastAnswer
}

/**
 * What the bitcoind would say of every transaction if it were sent now, while the deposit is unspent; nothing is sent. A
 * clawback is tried together with its unvault.
 */
export async function testAcceptance(
  bitcoind: Bitcoind,
  { transactions }: SignedRecoverySet,
  onTried: (done: number, of: number) => void = () => {},
  signal?: AbortSignal,
): Promise<Acceptance[]> {
  const acceptances: Acceptance[] = []
  for (const { id, place, raw } of transactions) {
    const unvault =
      place.purpose === 'clawback'
        ? transactions.filter((one) => one.place.purpose === 'unvault' && one.place.variant === place.variant)
        : []
    const answer = await bitcoind.testAccept([...unvault.map((one) => one.raw), raw], { signal })
    acceptances.push({ id, answer })
    onTried(acceptances.length, transactions.length)
  }
  return acceptances
}
