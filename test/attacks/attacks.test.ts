/**
 * Every attack on one federation of three, 2 of 3, with real bitcoinds, once for each mempool policy to run (support/policies.ts). The
 * thief is a program of its own (thief/main.ts). What was seen is told in docs/security-analysis.md.
 */
import { coldKeys } from './scenarios/cold-keys.ts'
import { feeCoins } from './scenarios/fee-coins.ts'
import { feeMarket, fullMempools } from './scenarios/fee-market.ts'
import { feeWallets } from './scenarios/fee-wallets.ts'
import { hotKey } from './scenarios/hot-key.ts'
import { ownerKeys } from './scenarios/owner-keys.ts'
import { reorgs } from './scenarios/reorgs.ts'
import { restarts } from './scenarios/restarts.ts'
import { unvaultVariants } from './scenarios/unvault-variants.ts'
import { useField } from './support/field.ts'
import { underEachPolicy } from './support/policies.ts'

underEachPolicy('attacks', (policy) => {
  describe('on a federation', () => {
    const field = useField(policy, ['-persistmempool=0'])
    hotKey(policy, field)
    unvaultVariants(policy, field)
    coldKeys(policy, field)
    ownerKeys(policy, field)
    reorgs(policy, field)
    restarts(policy, field)
    feeCoins(policy, field)
    feeMarket(policy, field)
    feeWallets(policy, field)
  })
  // Their bitcoinds remember the floor for hours.
  fullMempools(policy)
})
