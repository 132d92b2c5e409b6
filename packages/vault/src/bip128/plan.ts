/**
 * Timelock-recovery plans as wallets exchange them (BIP-128, draft of 5 February 2026). A foreign format: names, letter case
 * of hex and limits are the proposal's, and fields that it does not name are covered by the checksum and otherwise left alone.
 */
import { type Infer, SchemaError, s } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { isChecksumOf, shortChecksumOf } from './checksum.ts'

/** The two raw transactions alone may have 800,000 characters each. */
const MAX_FILE_CHARS = 4_000_000
const MAX_RAW_CHARS = 800_000
const MAX_OUTPUTS = 10_000
const MAX_INPUTS = 2_439
const MAX_WEIGHT = 400_000
/** The proposal's own fields need three; what it does not name may be nested, and is written out again for the checksum. */
const MAX_DEPTH = 32

/** Days between alert and recovery: a relative lock in units of 512 seconds holds no more than 388. */
export const TIMELOCK_DAYS = { min: 2, max: 388 } as const

const short = s.text(100)
const address = s.text(100, 1)
const rawHex = s.textLike(MAX_RAW_CHARS, (text) => /^(?:[0-9A-F]{2})+$/.test(text), 'upper-case hex')
const timestamp = s.textLike(
  64,
  (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/.test(text),
  'a time with its offset, such as 2026-02-05T12:00:00Z',
)
const weight = s.uint(MAX_WEIGHT, 1)

const fields = {
  kind: s.literal('timelock-recovery-plan'),
  id: s.text(100, 1),
  name: s.nullable(s.text(200)),
  description: s.nullable(s.text(10_000)),
  created_at: timestamp,
  plugin_version: s.nullable(short),
  wallet_version: short,
  wallet_name: short,
  wallet_kind: short,
  timelock_days: s.uint(TIMELOCK_DAYS.max, TIMELOCK_DAYS.min),
  anchor_amount_sats: s.sats,
  anchor_addresses: s.list(address, MAX_OUTPUTS),
  alert_address: address,
  alert_inputs: s.list(s.outpoint, MAX_INPUTS, 1),
  alert_tx: rawHex,
  alert_txid: s.txid,
  alert_fee: s.sats,
  alert_weight: weight,
  recovery_tx: rawHex,
  recovery_txid: s.txid,
  recovery_fee: s.sats,
  recovery_weight: weight,
  metadata: s.nullable(s.text(10_000)),
}
const known = s.struct(fields)
const checksum = s.textLike(64, (text) => /^[0-9a-f]{8,64}$/.test(text), '8 to 64 lower-case hexadecimal digits')
const label = s.text(200)

export interface RecoveryOutput {
  readonly address: string
  readonly value: Infer<typeof s.sats>
  readonly label: string | null
}

export type TimelockPlan = Infer<typeof known> & { readonly recovery_outputs: readonly RecoveryOutput[] }

const OPTIONAL: ReadonlySet<string> = new Set(['name', 'description', 'plugin_version', 'metadata'])

/**
 * Reads a plan and checks its form and checksum; what its transactions do is for `acceptTimelockPlan`.
 * @throws VaultError file-too-large, file-malformed, file-missing-field, file-inconsistent
 */
export function parseTimelockPlan(text: string): TimelockPlan {
  if (text.length > MAX_FILE_CHARS) throw refused('file-too-large', `it has more than ${MAX_FILE_CHARS} characters`)
  const { checksum: given, ...rest } = objectIn(text)
  const { recovery_outputs, ...others } = rest
  const plan = reading(() => ({
    ...known.fromJson(Object.fromEntries(Object.keys(fields).map((name) => [name, presentIn(others, name)]))),
    recovery_outputs: outputsIn(recovery_outputs),
  }))
  if (isChecksumOf(reading(() => checksum.fromJson(given)), rest)) return plan
  throw refused('file-inconsistent', 'the checksum is not that of its fields, so something in it was changed')
}

/** The plan as a file, with its checksum. */
export function timelockPlanToJson({ recovery_outputs, ...plan }: TimelockPlan): string {
  const json = known.toJson(plan) as Record<string, unknown>
  const present = Object.fromEntries(Object.entries(json).filter(([name, value]) => value !== null || !OPTIONAL.has(name)))
  const outputs = recovery_outputs.map((one) => [
    one.address,
    Number(one.value),
    ...(one.label === null ? [] : [one.label]),
  ])
  const all = { ...present, recovery_outputs: outputs }
  return `${JSON.stringify({ ...all, checksum: shortChecksumOf(all) }, null, 2)}\n`
}

function objectIn(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refused('file-malformed', 'it is no JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('file-malformed', 'it is no JSON object')
  if (isDeeper(value, MAX_DEPTH)) throw refused('file-malformed', `it is nested more than ${MAX_DEPTH} deep`)
  return value as Record<string, unknown>
}

function isDeeper(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return most === 0 || Object.values(value).some((one) => isDeeper(one, most - 1))
}

function presentIn(given: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(given, name)) return given[name]
  if (OPTIONAL.has(name)) return null
  throw refused('file-missing-field', `the field ${name} is missing`)
}

/** Each output is `[address, amount_sats, label?]`. */
function outputsIn(value: unknown): RecoveryOutput[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > MAX_OUTPUTS)
    throw refused('file-malformed', `recovery_outputs is no list of 1 to ${MAX_OUTPUTS} outputs`)
  return value.map((one: unknown) => {
    if (!Array.isArray(one) || one.length < 2 || one.length > 3)
      throw refused('file-malformed', 'an output of recovery_outputs is not [address, amount, label]')
    const [to, amount, called] = one as readonly unknown[]
    return {
      address: address.fromJson(to),
      value: s.sats.fromJson(amount),
      label: called === undefined || called === null ? null : label.fromJson(called),
    }
  })
}

function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw refused('file-malformed', error.message)
  }
}

function refused(
  code: 'file-too-large' | 'file-malformed' | 'file-missing-field' | 'file-inconsistent',
  what: string,
): VaultError {
  return new VaultError(code, `the timelock-recovery plan: ${what}`, 'Export the plan again from the wallet that made it.')
}
