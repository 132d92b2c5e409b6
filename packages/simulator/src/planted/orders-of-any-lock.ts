import { type BelfryCore, type Federation, type Input, commandRequest, decodeCommand } from '@belfry/protocol'
import { type LockHash, SchemaError, fromCbor } from '@belfry/protocol/primitives'
import { changeOf } from '../run/succession.ts'
import type { PlantedBug } from './planted-bug.ts'

export const ordersOfAnyLock: PlantedBug = {
  name: 'orders-of-any-lock',
  what: 'an order that an owner hands over is obeyed whatever lock it is given under',
  caught_by: ['owner'],
  within_seeds: 10,
  shown_in: (plan) => changeOf(plan) !== null && plan.swarm['next-orders'] && (plan.swarm.drills || plan.swarm.revocations),
  core: (core): BelfryCore => ({
    ...core,
    step(state, input) {
      const lock_hash = lockOfOrder(input)
      const { config } = state
      if (lock_hash === null || lock_hash === config.federation.lock_hash) return core.step(state, input)
      return core.step({ ...state, config: { ...config, federation: underAnother(config.federation, lock_hash) } }, input)
    },
  }),
}

/** To whoever asks first, which is whoever looks at the order's lock. */
function underAnother(federation: Federation, lock_hash: LockHash): Federation {
  let isAsked = false
  return new Proxy(federation, {
    get(target, name) {
      if (name === 'lock_hash' && !isAsked) {
        isAsked = true
        return lock_hash
      }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Null for anything else. */
function lockOfOrder(input: Input): LockHash | null {
  if (input.kind !== 'request' || input.protocol !== 'command') return null
  try {
    return decodeCommand(fromCbor(commandRequest, input.bytes).signed.bytes).lock_hash
  } catch (error) {
    if (error instanceof SchemaError) return null
    throw error
  }
}
