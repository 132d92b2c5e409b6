import { Transaction } from 'bitcoinjs-lib'
import { assertNever, equalBytes, type Sats } from '@belfry/protocol/primitives'
import type { KeySet } from '../scripts/keys.ts'
import { type Branch, type WshScript, witnessStack } from '../scripts/wsh.ts'
import { type SighashType, type SignatureFault, signatureFault } from '../transaction/signature.ts'
import type { Finder, Finding, FindingCode } from './findings.ts'

// Not taken from the builder: what one gets wrong the other shall find.
const ALL = 0x01
const ALL_ANYONE_CAN_PAY = 0x81

/** The coin that an input must spend, and how. */
export interface SpentCoin {
  readonly value: Sats
  readonly wsh: WshScript
  readonly branch: Exclude<Branch, 'hot'>
  readonly keys: KeySet
  /** Whether fee coins may join: ALL|ANYONECANPAY instead of ALL. */
  readonly open: boolean
}

/**
 * Checks the witness of the first input against the one shape that consensus and policy accept without leaving room for
 * malleability, and each signature against its key and sighash.
 * @param raw bytes that decode to a transaction with one input
 */
export function witnessFindings(raw: Uint8Array, spend: SpentCoin, find: Finder): Finding[] {
  const transaction = Transaction.fromBuffer(raw)
  const stack = transaction.ins[0]?.witness ?? []
  const signatures = stack.slice(1, 1 + spend.keys.threshold)
  const shape = witnessStack(spend.branch, signatures, spend.wsh.witness_script)
  if (signatures.length < spend.keys.threshold || stack.length !== shape.length) {
    return [find('witness-shape', `the witness has ${stack.length} items, or fewer signatures than it needs`)]
  }
  const findings: Finding[] = []
  shape.forEach((expected, index) => {
    const item = stack[index]
    if (item !== undefined && equalBytes(item, expected)) return
    const isScript = index === shape.length - 1
    findings.push(
      isScript
        ? find('wrong-witness-script', 'the witness script is not the one that the plan gives')
        : find('witness-shape', `witness item ${index} should be empty`),
    )
  })
  const type = spend.open ? ALL_ANYONE_CAN_PAY : ALL
  const digest = transaction.hashForWitnessV0(0, spend.wsh.witness_script, spend.value, type)
  return [...findings, ...signatureFindings(signatures, spend.keys, { digest, type }, find)]
}

/** CHECKMULTISIG's own order: each signature belongs to a key after the previous signature's. So they are distinct. */
function signatureFindings(
  signatures: readonly Uint8Array[],
  { keys }: KeySet,
  { digest, type }: { readonly digest: Uint8Array; readonly type: SighashType },
  find: Finder,
): Finding[] {
  const findings: Finding[] = []
  let next = 0
  signatures.forEach((signature, index) => {
    const faults = keys.slice(next).map((key) => signatureFault(signature, key, digest, type))
    const match = faults.indexOf(undefined)
    if (match >= 0) next += match + 1
    else findings.push(faultFinding(faults[0] ?? 'digest', type, index, find))
  })
  return findings
}

function faultFinding(fault: SignatureFault, type: SighashType, index: number, find: Finder): Finding {
  const [code, sentence] = describe(fault, type)
  return find(code, `signature ${index + 1} ${sentence}`)
}

function describe(fault: SignatureFault, type: SighashType): [FindingCode, string] {
  switch (fault) {
    case 'encoding':
      return ['signature-encoding', 'is not strict DER']
    case 'sighash-type':
      return [
        'signature-sighash-type',
        type === ALL
          ? 'does not commit to the whole transaction (SIGHASH_ALL)'
          : 'does not let a fee coin join and nothing else (SIGHASH_ALL|ANYONECANPAY)',
      ]
    case 'digest':
      return ['signature-invalid', 'is of none of the cold keys that may still sign at its place']
    default:
      return assertNever(fault)
  }
}

/** Bytes that this witness could have had more: what a set declares is its size with the longest signatures. */
export function signatureSlack(raw: Uint8Array, threshold: number, longest: number): number {
  const stack = Transaction.fromBuffer(raw).ins[0]?.witness ?? []
  return stack.slice(1, 1 + threshold).reduce((slack, signature) => slack + longest - signature.length, 0)
}
