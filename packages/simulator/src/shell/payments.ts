/** What a member gives to its bitcoind: recovery transactions as they are, and with a fee coin of its wallet. */
import type { BroadcastAnswer } from '@belfry/protocol'
import { type SimTx, completedBy, makeTx } from '../chain/index.ts'
import type { Bump, ShellModules } from './modules.ts'

const COMPLETED_VSIZE = 236
const CHILD_VSIZE = 151

export type PaymentModules = Pick<ShellModules, 'hasher' | 'bitcoind' | 'bitcoin' | 'vaults' | 'self'>

/** @param parent goes with it, where it cannot stand alone */
export function submit({ bitcoind, bitcoin }: Pick<PaymentModules, 'bitcoind' | 'bitcoin'>, tx: SimTx, parent: SimTx | null): BroadcastAnswer {
  const answer = bitcoind.submit(tx, parent)
  if (answer === 'accepted' || answer === 'already-known') bitcoin.relay(tx, bitcoind, parent)
  return answer
}

/** There is always a coin of the right size. */
export function pay(modules: PaymentModules, tx: SimTx, { means, feerate, min_fee }: Bump): { readonly answer: BroadcastAnswer; readonly recovery: SimTx } {
  const { hasher, vaults, self } = modules
  const isOpen = means === 'anyone-can-pay'
  const vsize = isOpen ? COMPLETED_VSIZE : tx.vsize + CHILD_VSIZE
  const fee = Math.max(Math.ceil((feerate * vsize) / 1_000), Number(min_fee))
  const label = `paid by ${self}`
  const paying = isOpen
    ? completedBy(hasher, tx, label, { feerate: Math.ceil((fee * 1_000) / vsize), vsize })
    : makeTx(hasher, {
        purpose: 'fee-child',
        label,
        spends: tx.output,
        feerate: Math.ceil(((fee - Number(tx.fee)) * 1_000) / CHILD_VSIZE),
        vsize: CHILD_VSIZE,
      })
  vaults.addTx(paying)
  return { answer: submit(modules, paying, isOpen ? null : tx), recovery: isOpen ? paying : tx }
}
