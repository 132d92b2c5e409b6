import { BitcoindError, printable, type RpcFault } from '../errors.ts'
import { RPC_IN_WARMUP } from './codes.ts'

/** JSON-RPC 2.0, as bitcoind has spoken it since 28; the answers of older ones (1.1) are read too. */

export type RpcParams = readonly unknown[] | Readonly<Record<string, unknown>>

export interface RpcCall {
  readonly method: string
  readonly params?: RpcParams
}

export type RpcOutcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: BitcoindError }

/** Long enough for every refusal that bitcoind knows, short enough for a log line. */
const MAX_MESSAGE_LENGTH = 300

export function encodeCall(id: number, call: RpcCall): object {
  return { jsonrpc: '2.0', id, method: call.method, params: call.params ?? [] }
}

/** @throws BitcoindError malformed-answer */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new BitcoindError('malformed-answer', 'bitcoind\'s answer is not JSON')
  }
}

/** @throws BitcoindError malformed-answer when it is no answer to this call */
export function decodeAnswer(answer: unknown, id: number, method: string): RpcOutcome {
  const envelope = envelopeOf(answer)
  if (envelope === null || envelope.id !== id) {
    throw new BitcoindError('malformed-answer', `bitcoind's answer to ${method} is not its JSON-RPC answer`)
  }
  return outcomeOf(envelope, method)
}

/**
 * Puts the answers of a batch in the order of its calls.
 * @throws BitcoindError malformed-answer unless each call has exactly one answer
 */
export function decodeBatch(answer: unknown, firstId: number, calls: readonly RpcCall[]): RpcOutcome[] {
  if (!Array.isArray(answer) || answer.length !== calls.length) throw batchMismatch()
  const byId = new Map<unknown, Envelope>()
  for (const one of answer) {
    const envelope = envelopeOf(one)
    if (envelope === null) throw batchMismatch()
    byId.set(envelope.id, envelope)
  }
  return calls.map((call, i) => {
    const envelope = byId.get(firstId + i)
    if (envelope === undefined) throw batchMismatch()
    return outcomeOf(envelope, call.method)
  })
}

function batchMismatch(): BitcoindError {
  return new BitcoindError('malformed-answer', 'bitcoind\'s answer to a batch does not match its calls')
}

interface Envelope {
  readonly id: unknown
  readonly result: unknown
  /** null or absent: no error. */
  readonly error: unknown
}

function envelopeOf(answer: unknown): Envelope | null {
  if (typeof answer !== 'object' || answer === null || !('id' in answer)) return null
  const result = 'result' in answer ? answer.result : undefined
  const error = 'error' in answer ? answer.error : null
  if (result === undefined && error === null) return null
  return { id: answer.id, result, error }
}

function outcomeOf(envelope: Envelope, method: string): RpcOutcome {
  if (envelope.error === null) return { ok: true, result: envelope.result }
  return { ok: false, error: rpcError(faultOf(envelope.error, method), method) }
}

function faultOf(error: unknown, method: string): RpcFault {
  if (typeof error === 'object' && error !== null && 'code' in error && 'message' in error) {
    const { code, message } = error
    if (typeof code === 'number' && typeof message === 'string') {
      return { code, message: printable(message, MAX_MESSAGE_LENGTH) }
    }
  }
  throw new BitcoindError('malformed-answer', `bitcoind's error to ${method} has no code and message`)
}

function rpcError(rpc: RpcFault, method: string): BitcoindError {
  if (rpc.code === RPC_IN_WARMUP) {
    return new BitcoindError('warming-up', `bitcoind is starting: ${rpc.message}`, { rpc })
  }
  return new BitcoindError('rpc-error', `bitcoind refused ${method}: ${rpc.message} (${rpc.code})`, { rpc })
}
