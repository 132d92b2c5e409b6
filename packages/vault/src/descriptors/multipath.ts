/** Descriptors that stand for several, BIP-389: `<0;1>` in the path of a key. */
import { malformed } from './text.ts'

/** Receive and change are two; more than a few is a mistake. */
export const MAX_BRANCHES = 16

const TUPLE = /<([^<>]*)>/g
const TWICE_IN_A_KEY = /<[^<>(){},]*>[^(){},]*</
const IN_ORIGIN = /\[[^\]]*</
const STEP = /^(?:0|[1-9][0-9]{0,9})['hH]?$/

/**
 * The descriptors that it stands for, in the order of the tuples; itself where there is none.
 * @throws DescriptorError `descriptor-malformed`
 */
export function branchesOf(body: string): string[] {
  const tuples = [...body.matchAll(TUPLE)].map(([, inside = '']) => inside.split(';'))
  const branches = tuples[0]?.length ?? 1
  if (branches > MAX_BRANCHES) throw malformed(`a <…;…> has at most ${MAX_BRANCHES} steps`)
  if (tuples.some((tuple) => tuple.length !== branches)) throw malformed('its <…;…> have different numbers of steps')
  if (!tuples.every(isTuple) || /[<>;]/.test(body.replaceAll(TUPLE, ''))) {
    throw malformed('a <…;…> must hold two or more different steps')
  }
  if (IN_ORIGIN.test(body)) throw malformed('a [key origin] has <…;…>')
  if (TWICE_IN_A_KEY.test(body)) throw malformed('a key has <…;…> twice')
  return Array.from({ length: branches }, (_, branch) =>
    body.replaceAll(TUPLE, (_, inside: string) => inside.split(';')[branch] ?? ''),
  )
}

function isTuple(steps: readonly string[]): boolean {
  return steps.length >= 2 && new Set(steps).size === steps.length && steps.every((step) => STEP.test(step))
}
