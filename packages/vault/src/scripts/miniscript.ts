import { compileMiniscript } from '@bitcoinerlab/miniscript'
import { opcodes, script } from 'bitcoinjs-lib'
import { fromHex } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'

const PUSH = /^<([0-9a-f]+)>$/
const NUMBER = /^\d+$/
const OPCODES: ReadonlyMap<string, unknown> = new Map(Object.entries(opcodes))

function chunkOf(token: string): Uint8Array | number {
  const push = PUSH.exec(token)?.[1]
  if (push !== undefined) return fromHex(push)
  // The compiler writes 0 to 16 as decimals and everything larger as a push.
  if (NUMBER.test(token)) return Number(token) === 0 ? 0 : 0x50 + Number(token)
  const opcode = OPCODES.get(token)
  if (typeof opcode !== 'number') throw insane(`the compiler's token ${token} is unknown`)
  return opcode
}

function insane(detail: string): VaultError {
  return new VaultError(
    'script-not-sane',
    `the spending conditions are not sane: ${detail}`,
    'Check keys and thresholds.',
  )
}

/**
 * Compiles a miniscript whose keys are written in hex to its P2WSH witness script.
 * @throws VaultError `script-not-sane` where it is malleable, needs no signature, mixes timelocks or repeats a key
 */
export function compileSane(miniscript: string): Uint8Array {
  const { asm, issane, issanesublevel, error } = compiled(miniscript)
  if (!issane || !issanesublevel) throw insane(error ?? 'no reason given')
  return script.compile(asm.trim().split(/\s+/).map(chunkOf))
}

function compiled(miniscript: string): ReturnType<typeof compileMiniscript> {
  try {
    return compileMiniscript(miniscript)
  } catch {
    throw insane('it is no miniscript')
  }
}
