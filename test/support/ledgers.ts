/** Sign-once ledgers of members that do not run, compared byte by byte. */
import assert from 'node:assert/strict'
import { type Durable, decodeFrame, receiptSlot, voteSlot } from '../../packages/protocol/src/index.ts'
import { type LockHash, toHex } from '../../packages/protocol/src/primitives/index.ts'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { ledgerOf } from './records.ts'

/** What was signed once stays, byte for byte. */
export function assertExtends(before: ReadonlyMap<string, string> | undefined, after: ReadonlyMap<string, string>, told: string): void {
  for (const [slot, frame] of before ?? []) assert.equal(after.get(slot), frame, `${slot} (${told})`)
}

/** Whatever another member holds of this one's votes and receipts is what stands in its own ledger. @returns how many were compared */
export function assertSignedOnce({ index, name }: Pick<Member, 'index' | 'name'>, lock: LockHash, mine: Durable, theirs: Durable, told: string): number {
  const ledger = ledgerOf(mine)
  let compared = 0
  const same = (slot: string, bytes: Uint8Array): void => {
    const signed = ledger.get(slot)
    assert.ok(signed !== undefined, `${name} signed ${slot} (${told})`)
    const [held, own] = [decodeFrame(bytes), decodeFrame(Buffer.from(signed, 'hex'))]
    assert.equal(toHex(held.signed), toHex(own.signed), `${slot} (${told})`)
    compared += 1
  }
  for (const [incident_id, { votes, action }] of theirs.incidents) {
    const vote = votes.get(index)
    if (vote) same(voteSlot(lock, incident_id, action, vote.anchor_height), vote.frame)
  }
  for (const { manifests } of theirs.vaults.values()) {
    for (const { hash, manifest, receipts } of manifests) {
      const receipt = receipts.get(index)
      if (receipt) same(receiptSlot(manifest.lock_hash, hash), receipt)
    }
  }
  return compared
}
