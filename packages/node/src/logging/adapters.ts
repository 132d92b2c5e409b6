/** The logs that the parts of a node are given, each in its own shape. */
import type { NetworkLog } from '@belfry/network'
import type { Tell } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { ChainLog } from '../chain/index.ts'
import { satVb } from '../views/units.ts'
import { OTHER_CHAIN_EVENT, isChainLogEvent } from './events.ts'
import type { LogLevel, Logger } from './logger.ts'

/** What the core tells. Feerates leave in sat/vB, members with their name where `nameOf` knows it. */
export function tellLog(logger: Logger, nameOf?: (member: MemberIndex) => string): (tell: Tell) => void {
  return ({ level, event, feerate, ...fields }) => {
    const { member } = fields
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
  const at = (level: LogLevel) => (fields: object, event: string): void => {
    if (isChainLogEvent(event)) logger.log(level, event, fields)
    else logger.child({ detail: event }).log(level, OTHER_CHAIN_EVENT, fields)
  }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
