import assert from 'node:assert/strict'
import { describeLedger, slotInWords } from '../../src/commands/ledger/describe.ts'
import { commandSlot, destroyedSlot, drillSlot, receiptSlot, releaseSlot, voteSlot } from '../../../protocol/src/index.ts'
import type { EnvelopeId, Hash32, Height, IncidentId, LockHash, ManifestHash, MemberIndex, VaultId } from '../../../protocol/src/primitives/index.ts'

const hex = (digit: string): string => digit.repeat(64)
const lock = hex('a') as LockHash

describe('a slot in words', () => {
  it('says what was signed for, whatever the kind', () => {
    const words = [
      voteSlot(lock, hex('1') as IncidentId, 'clawback', 812 as Height),
      releaseSlot(lock, hex('1') as IncidentId, hex('2') as EnvelopeId, 3 as MemberIndex),
      receiptSlot(lock, hex('3') as ManifestHash),
      commandSlot(lock, hex('4') as Hash32),
      drillSlot(lock, hex('5') as Hash32),
      destroyedSlot(lock, hex('6') as VaultId),
    ].map(slotInWords)
    const starts = ['vote for clawback at block 812, incident 1', 'release of a share to member 3, incident 1', 'receipt for manifest 3', 'notice of order 4', 'report of drill 5', 'receipt for the destruction of vault 6']
    for (const [at, start] of starts.entries()) assert.ok(words[at]?.startsWith(start), words[at])
    assert.ok(words.every((one) => !one.includes(lock)))
  })
})

describe('a ledger in words', () => {
  it('says that it is in quarantine, why, and what was found', () => {
    const found = [{ slot: voteSlot(lock, hex('1') as IncidentId, 'emergency', 9 as Height), kind: 'vote', boot: 7, seq: 4, signed_at: '2026-01-01T00:00:00.000Z' }]
    const lines = describeLedger(
      {
        epoch: 0,
        boot: 3,
        height: 12,
        entries: 2,
        kinds: { receipt: 1, vote: 1 },
        forgotten: 0,
        last: [],
        quarantine: { reason: 'unknown-statement', since: '2026-01-02T00:00:00.000Z', boot_seen: 7, found },
      },
      (_, text) => text,
    ).join('\n')
    assert.match(lines, /2 slots: 1 receipt, 1 vote/)
    assert.match(lines, /in quarantine since 2026-01-02.*does not know of/)
    assert.match(lines, /vote for emergency at block 9.*start 7, message 4/)
  })
})
