/** The logs that the parts of a node are given, each in its own shape. */
import type { NetworkLog } from '@belfry/network'
import type { Tell } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { ChainLog } from '../chain/index.ts'
import type { Movement } from '../movements/index.ts'
import { satVb } from '../views/units.ts'
import { OTHER_CHAIN_EVENT, isChainLogEvent } from './events.ts'
import type { LogLevel } from './levels.ts'
import type { Logger } from './logger.ts'

/** Between two lines about the same fault of the same member; the metrics count them all. */
const REFUSED_AGAIN_MS = 60_000

/** What the core tells. Feerates leave in sat/vB, members with their name where `nameOf` knows it. */
export function tellLog(logger: Logger, nameOf?: (member: MemberIndex) => string): (tell: Tell) => void {
  /** By member and code: both from closed sets. */
  const refused = new Map<string, number>()
  return ({ level, event, feerate, ...fields }) => {
    const { member, detail } = fields
    if (event === 'frame-refused') {
      const fault = `${member ?? ''} ${detail ?? ''}`
      const now_ms = performance.now()
      if (now_ms - (refused.get(fault) ?? -REFUSED_AGAIN_MS) < REFUSED_AGAIN_MS) return
      refused.set(fault, now_ms)
    }
    logger.log(level, event, {
      ...fields,
      ...(member !== undefined && nameOf ? { member_name: nameOf(member) } : {}),
      ...(feerate === undefined ? {} : { sat_vb: satVb(feerate) }),
    })
  }
}

export function networkLog(logger: Logger): NetworkLog {
  return (level, event, fields) => logger.log(level, event, fields)
}

export function chainLog(logger: Logger): ChainLog {
  const at =
    (level: LogLevel) =>
    (fields: object, event: string): void => {
      if (isChainLogEvent(event)) logger.log(level, event, fields)
      else logger.child({ detail: event }).log(level, OTHER_CHAIN_EVENT, fields)
    }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

/** Transactions by their ids alone: they are long, and the API has them. */
export function movementLog(logger: Logger): (seq: number, movement: Movement) => void {
  return (seq, movement) => {
    const outpoint = 'payment' in movement ? movement.payment.outpoint : movement.outpoint
    logger.log('info', 'movement', {
      seq,
      movement: movement.event,
      outpoint,
      ...('txid' in movement ? { txid: movement.txid } : {}),
      ...('block' in movement ? { height: movement.block.height } : {}),
    })
  }
}
