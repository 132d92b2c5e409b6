/** A heartbeat of a member that has seen nothing yet, for tests that change what they are about. */
import { type BodyOf, type Hash32, emptyDurable } from '../../src/index.ts'
import { evidenceDigest } from '../../src/sync/evidence.ts'
import { hasher, hexOf } from '../core/setting.ts'

export function quietHeartbeat(change: Partial<BodyOf<'heartbeat'>> = {}): BodyOf<'heartbeat'> {
  return {
    tip: null,
    hash_6: null,
    chain: 'ok',
    implementation: 'test',
    software: 'test',
    standing: 'serving',
    next_lock: null,
    silent: [],
    ledger_entries: 0,
    guarded_root: hexOf('none') as Hash32,
    evidence_digest: evidenceDigest(hasher, emptyDurable()),
    custody_digest: hexOf('custody') as Hash32,
    owner_messages: [],
    incidents: [],
    ...change,
  }
}
