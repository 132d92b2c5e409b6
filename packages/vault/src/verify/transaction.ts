import { equalBytes, type Feerate, type Outpoint } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { type DecodedTransaction, decodeTransaction } from '../transaction/decode.ts'
import { feeFor, MAX_SIGNATURE_BYTES, vsizeOfWeight } from '../transaction/fees.ts'
import type { Finder, Finding } from './findings.ts'
import { signatureSlack, type SpentCoin, witnessFindings } from './witness.ts'

/** What the plan says one transaction must be. */
export interface Expectation {
  readonly outpoint: Outpoint
  readonly spend: SpentCoin
  readonly sequence: number
  /** The first output's script. */
  readonly pays: Uint8Array
  /** Whether a second output lets anybody pay for it. */
  readonly anchored: boolean
  readonly feerate: Feerate
}

// Written here a second time, not taken from the builder: what one gets wrong the other shall find.
const VERSION = 3
const LOCKTIME = 0
const ANCHOR = { value: 240n, script: Uint8Array.of(0x51, 0x02, 0x4e, 0x73) }

/** Fifteen signatures and a script of fifteen keys have 2,000 bytes. */
export const MAX_SET_TRANSACTION_BYTES = 10_000

/** undefined, and a finding, where the bytes are no transaction */
export function decodeFor(raw: Uint8Array, find: Finder): DecodedTransaction | Finding {
  if (raw.length > MAX_SET_TRANSACTION_BYTES) return find('undecodable', `${raw.length} bytes are too many`)
  try {
    return decodeTransaction(raw)
  } catch (error) {
    if (error instanceof VaultError) return find('undecodable', error.message)
    throw error
  }
}

/** Everything about one transaction. `raw` are the bytes that gave `decoded`. */
export function transactionFindings(
  raw: Uint8Array,
  decoded: DecodedTransaction,
  expected: Expectation,
  find: Finder,
): Finding[] {
  return [
    ...frameFindings(decoded, find),
    ...inputFindings(decoded, expected, find),
    ...outputFindings(raw, decoded, expected, find),
    ...(decoded.inputs.length === 1 ? witnessFindings(raw, expected.spend, find) : []),
  ]
}

function frameFindings({ version, locktime }: DecodedTransaction, find: Finder): Finding[] {
  const findings: Finding[] = []
  if (version !== VERSION) findings.push(find('wrong-version', `it has version ${version} instead of ${VERSION}`))
  if (locktime !== LOCKTIME) findings.push(find('wrong-locktime', `it is locked until ${locktime}`))
  return findings
}

function inputFindings({ inputs }: DecodedTransaction, expected: Expectation, find: Finder): Finding[] {
  const [input] = inputs
  if (input === undefined || inputs.length !== 1) {
    return [find('wrong-input-count', `it has ${inputs.length} inputs instead of one`)]
  }
  const findings: Finding[] = []
  if (input.outpoint !== expected.outpoint) {
    findings.push(find('wrong-outpoint', `it spends ${input.outpoint} instead of ${expected.outpoint}`))
  }
  const { sequence } = expected
  if (input.sequence !== sequence) {
    findings.push(
      find('wrong-sequence', `its nSequence is ${input.sequence.toString(16)} instead of ${sequence.toString(16)}`),
    )
  }
  if (input.script_sig.length !== 0) findings.push(find('script-sig-present', 'a segwit input has no scriptSig'))
  return findings
}

function outputFindings(raw: Uint8Array, decoded: DecodedTransaction, expected: Expectation, find: Finder): Finding[] {
  const [output, anchor] = decoded.outputs
  const count = expected.anchored ? 2 : 1
  if (output === undefined || decoded.outputs.length !== count) {
    return [find('wrong-output-count', `it has ${decoded.outputs.length} outputs instead of ${count}`)]
  }
  const findings: Finding[] = []
  if (!equalBytes(output.script, expected.pays)) {
    findings.push(find('wrong-output-script', 'it does not pay to the script that the plan gives'))
  }
  if (anchor !== undefined && (anchor.value !== ANCHOR.value || !equalBytes(anchor.script, ANCHOR.script))) {
    findings.push(find('wrong-anchor', `its second output is not the anchor of ${ANCHOR.value} sat`))
  }
  const { threshold } = expected.spend.keys
  const vsize = vsizeOfWeight(decoded.weight + signatureSlack(raw, threshold, MAX_SIGNATURE_BYTES))
  const declared = feeFor(vsize, expected.feerate)
  const fee = expected.spend.value - decoded.outputs.reduce((sum, { value }) => sum + value, 0n)
  const sentence = `it pays ${fee} sat; ${expected.feerate / 1000} sat/vB of at most ${vsize} vB are ${declared} sat`
  if (fee < declared) findings.push(find('fee-below-rate', sentence))
  if (fee > declared) findings.push(find('fee-above-rate', sentence))
  return findings
}
