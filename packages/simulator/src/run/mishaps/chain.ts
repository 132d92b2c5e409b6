/** What goes wrong with a member's bitcoind, and with the market. */
import { type Mishap, victim } from './mishap.ts'

export const outage: Mishap = (tools, lasts_ms) => {
  const member = victim(tools, tools.members.filter(({ bitcoind }) => bitcoind.is_up))
  if (member === null) return
  tools.say('its bitcoind is gone', member.index)
  member.bitcoind.stop()
  const keepsMempool = tools.random.chance(0.5)
  tools.lasting(member, lasts_ms, () => {
    if (!member.bitcoind.is_up && !tools.isHeldBlind(member.bitcoind)) member.bitcoind.start(keepsMempool)
  })
}

export const stuck: Mishap = (tools, lasts_ms) => {
  const member = victim(tools, tools.members.filter(({ bitcoind }) => bitcoind.seclusion === 'none'))
  if (member === null) return
  tools.say('its bitcoind is stuck', member.index)
  member.bitcoind.seclude('stuck')
  tools.lasting(member, lasts_ms, () => member.bitcoind.seclude('none'))
}

export const eclipse: Mishap = (tools, lasts_ms) => {
  const member = victim(tools, tools.members.filter(({ bitcoind }) => bitcoind.seclusion === 'none'))
  if (member === null) return
  tools.say('its bitcoind is eclipsed', member.index)
  member.bitcoind.seclude('eclipsed')
  tools.lasting(member, lasts_ms, () => member.bitcoind.seclude('none'))
}

export const feeRise: Mishap = ({ bitcoin, say }) => {
  say(`the market rises to ${bitcoin.market_limit}`)
  bitcoin.market = Math.round(bitcoin.market_limit)
}
