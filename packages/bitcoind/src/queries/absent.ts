import { isRpcFault } from '../errors.ts'

/** For calls whose RPC error of this code means that there is no such thing. */
export async function nullOn(rpcCode: number, answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (isRpcFault(error, rpcCode)) return null
    throw error
  }
}
