/** What a member's store holds, read while its node does not run. */
import { join } from 'node:path'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { Store } from '../../packages/node/src/index.ts'
import { type Durable, type Federation, createCore } from '../../packages/protocol/src/index.ts'
import { toHex } from '../../packages/protocol/src/primitives/index.ts'
import { restoreLog } from '../../packages/runtime/src/index.ts'
import { verifier } from './federation.ts'

export async function durableOf({ index: self, files }: Member, federation: Federation): Promise<Durable> {
  const { store, log } = await Store.open(join(files.dataDir, 'store'))
  try {
    const core = createCore({ federation, self, owners: [], software: 'test' }, { ...verifier, sign: () => new Uint8Array(64) })
    return restoreLog(core, log).durable
  } finally {
    await store.close()
  }
}

/** Every slot that the member signed for, with the exact bytes in hex. */
export function ledgerOf({ ledger }: Durable): Map<string, string> {
  return new Map([...ledger].map(([slot, { frame }]) => [slot, toHex(frame)]))
}
