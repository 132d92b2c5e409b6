/** Standing in the way of a recovery with a coin of its own. */
import { completedBy } from '../chain/index.ts'
import type { Strategy } from './strategy.ts'

/** Low, and for so many bytes more than anybody wants to pay to replace it. */
const FEERATE = 1_500
const VSIZE = 60_000

/** The recovery that anyone may pay for, once this member can open it, with a coin and a feerate that keep it out of every block. */
export const joinsJunk: Strategy = {
  name: 'joins-junk',
  act(tools) {
    const { vaults, bitcoin, member, federation, hasher } = tools
    for (const { manifest, recoveries } of vaults.deals) {
      for (const { anyone_can_pay } of manifest.unvaults) {
        const open = anyone_can_pay && recoveries.get(anyone_can_pay.envelope_id)
        const shares = anyone_can_pay ? (member.kept_shares?.get(anyone_can_pay.envelope_id)?.size ?? 0) : 0
        if (!open || shares < federation.thresholds.clawback.t) continue
        const tx = completedBy(hasher, open, `junk of ${member.index}`, { feerate: FEERATE, vsize: VSIZE })
        vaults.addTx(tx)
        if (member.bitcoind.submit(tx) === 'accepted') {
          bitcoin.is_junk_joined = true
          bitcoin.relay(tx, member.bitcoind)
        }
      }
    }
  },
}
