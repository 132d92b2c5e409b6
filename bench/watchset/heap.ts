import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes of JavaScript values that are in use. */
export function heapAfterCollection(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** So that no row pays for the garbage of the one before. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new TypeError('this node collects no garbage on demand')
  collect()
}
