import { script, opcodes, Transaction } from 'bitcoinjs-lib'
import { invariant, type Txid, utf8 } from '@belfry/protocol/primitives'
import { SET_LOCKTIME, SET_SEQUENCE, SET_VERSION } from './build.ts'

export interface DrillTransaction {
  readonly txid: Txid
  readonly wtxid: Txid
  readonly raw: Uint8Array
}

const MARK = utf8('belfry drill')

/**
 * What a drill envelope holds, so that a rehearsal walks the same path as an incident down to the check of the txid. It
 * can never confirm: it spends an output of a transaction whose id is 32 random bytes, which nobody can make.
 * @param random 32 fresh random bytes
 */
export function buildDrillTransaction(random: Uint8Array): DrillTransaction {
  invariant(random.length === 32, 'a drill takes 32 random bytes')
  const transaction = new Transaction()
  transaction.version = SET_VERSION
  transaction.locktime = SET_LOCKTIME
  transaction.addInput(random.slice(), 0, SET_SEQUENCE)
  transaction.addOutput(script.compile([opcodes.OP_RETURN, MARK]), 0n)
  const txid = transaction.getId() as Txid
  return { txid, wtxid: txid, raw: transaction.toBuffer() }
}
