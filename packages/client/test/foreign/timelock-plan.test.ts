import assert from 'node:assert/strict'
import type { Bitcoind } from '@belfry/bitcoind'
import { acceptTimelockPlan, parseTimelockPlan } from '@belfry/vault'
import { vaultOfTimelockPlan } from '../../src/index.ts'
import { EXAMPLE } from '../../../vault/test/bip128/example.ts'

/** Nothing may be asked of it. */
const unasked: Bitcoind = new Proxy({} as Bitcoind, { get: (_, name) => assert.fail(`asked for ${String(name)}`) })

describe('a timelock-recovery plan as a vault', () => {
  it('is none where its alert spends several coins', async () => {
    const plan = acceptTimelockPlan(parseTimelockPlan(JSON.stringify(EXAMPLE)), 'mainnet')
    await assert.rejects(vaultOfTimelockPlan(plan, { network: 'mainnet', bitcoind: unasked }), {
      code: 'plan-not-fit',
      message: /the alert spends 2 coins; a vault is one coin/,
    })
  })
})
