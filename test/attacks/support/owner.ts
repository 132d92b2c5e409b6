/** The owner, who still has the keys that the thief copied. */
import { FederationLink, anchorOfBitcoind, makeCommand, manifestsOf, requireTaken, sendCommand, signCommand, surveyVaults } from '../../../packages/client/src/index.ts'
import { sha256 } from '../../../packages/keystore/src/index.ts'
import { vaultIdOf } from '../../../packages/protocol/src/index.ts'
import type { Raid } from './raid.ts'

/** Cancels the generation that waits, by one owner key. @throws ClientError where too few members took it */
export async function cancelWaiting({ cluster: { federation, owner, regtest }, vault }: Raid): Promise<void> {
  const link = await FederationLink.open(federation, owner.connect.identitySeed)
  try {
    const vault_id = vaultIdOf({ sha256 }, vault.plan.deposit.outpoint, owner.root.publicKey)
    const waiting = manifestsOf(link, await surveyVaults(link), vault_id).all.at(-1)
    if (waiting === undefined) throw new RangeError('every vault here has a manifest')
    const anchor = await anchorOfBitcoind(regtest.node(0).bitcoind)
    const what = { order: 'cancel-generation', manifest_hash: waiting.hash } as const
    const bytes = makeCommand({ federation, vault_id, anchor, what })
    requireTaken(link, await sendCommand(link, signCommand({ bytes, signatures: [] }, owner.root)))
  } finally {
    await link.close()
  }
}
