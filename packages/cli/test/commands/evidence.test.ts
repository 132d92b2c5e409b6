import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Federation, openNodeKeys, parseLock, readPassphraseFile, verifier } from '@belfry/client'
import {
  type BodyOf,
  type EvidenceFile,
  MESSAGE_VERSION,
  type MemberKind,
  encodeBody,
  evidenceFile,
  signFrame,
} from '../../../protocol/src/index.ts'
import type { MemberIndex, Millis } from '../../../protocol/src/primitives/index.ts'
import { EVIDENCE_FAULTS } from '../../../protocol/src/evidence/index.ts'
import { FAULTS } from '../../src/commands/evidence/words.ts'
import { NODE_KEYS } from '../../src/files/names.ts'
import { belfry, refusal, result } from '../support/belfry.ts'
import { type Ceremony, holdCeremony } from '../support/ceremony.ts'
import { workspace } from '../support/workspace.ts'

const LIAR = 2 as MemberIndex
const HASH = '5f'.repeat(32)

describe('belfry evidence verify', function () {
  this.timeout(60_000)
  const space = workspace()
  let ceremony: Ceremony
  let federation: Federation
  let sign: (bytes: Uint8Array) => Uint8Array

  before(async () => {
    ceremony = await holdCeremony(space, { members: 3 })
    federation = Federation.fromLock(verifier, parseLock(await readFile(ceremony.lock, 'utf8')))
    using passphrase = await readPassphraseFile(space.passphrase)
    const keys = await openNodeKeys({ path: join(ceremony.data[LIAR - 1] ?? '', NODE_KEYS), passphrase })
    sign = (bytes) => keys.sign(bytes)
  })

  function part<K extends MemberKind>(kind: K, body: BodyOf<K>, seq: number): EvidenceFile['first'] {
    const { lock_hash, lock_prefix, epoch } = federation
    const { peer_id, index: from } = federation.memberOf(LIAR)
    const head = { version: MESSAGE_VERSION, lock_prefix, epoch, kind, from, peer_id, boot: 4, seq, sent_at: Date.UTC(2026, 4, 6) as Millis, body: encodeBody(kind, body) }
    const { signed, signature } = signFrame({ ...verifier, sign }, lock_hash, head)
    return { signed, signature }
  }

  const release = (sealed: string): BodyOf<'release'> => ({
    incident_id: HASH as never, manifest_hash: HASH as never, envelope_id: HASH as never, to: 1 as MemberIndex, sealed_hash: sealed.repeat(32) as never,
  })

  /** Two different shares of one envelope, handed to one member. */
  async function written(change: Partial<EvidenceFile> = {}): Promise<string> {
    const file: EvidenceFile = {
      format: 'belfry-evidence',
      version: 1,
      lock_hash: federation.lock_hash,
      member: LIAR,
      conflict: 'slot',
      first: part('release', release('aa'), 10),
      second: part('release', release('bb'), 11),
      ...change,
    }
    const path = space.file('evidence.json')
    await writeFile(path, JSON.stringify(evidenceFile.toJson(file)))
    return path
  }

  it('says in words who did what, and what that means', async () => {
    const { code, stdout, stderr } = await belfry(['evidence', 'verify', await written(), '--lock', ceremony.lock])
    assert.equal(code, 0)
    assert.equal(stderr, '')
    const { name } = federation.memberOf(LIAR)
    assert.ok(stdout.startsWith(`Valid. ${name} (member ${LIAR} of harbour) signed two statements where a member makes only one (the share of envelope ${HASH} for member 1 in incident ${HASH}).\n`), stdout)
    assert.match(stdout, /\n {2}first: {2}release, sent at 2026-05-06 .*, number 10 of start 4: .*sealed_hash (aa){32}\n {2}second: release/)
    assert.match(stdout, /A member that runs once, on a disk that was never put back, cannot do this/)
  })

  it('says the same in JSON', async () => {
    const found = await result<{ valid: boolean; member: { index: number }; conflict: string; first: { seq: number; body: object } }>(
      ['evidence', 'verify', await written(), '--lock', ceremony.lock],
    )
    assert.deepEqual([found.valid, found.member.index, found.conflict, found.first.seq], [true, LIAR, 'slot', 10])
    assert.equal((found.first.body as { to: number }).to, 1)
  })

  it('exits 1 where the file convicts nobody, and says why', async () => {
    const same = await refusal(1, ['evidence', 'verify', await written({ second: part('release', release('aa'), 12) }), '--lock', ceremony.lock])
    assert.equal(same.code, 'evidence-invalid')
    assert.match(same.message, /Both messages say the same\.$/)
    const other = await refusal(1, ['evidence', 'verify', await written({ member: 1 as MemberIndex }), '--lock', ceremony.lock])
    assert.match(other.message, /of another member\.$/)
  })

  it('judges nothing by another lock, and takes no other file', async () => {
    const foreign = await written({ lock_hash: HASH as never })
    assert.equal((await refusal(3, ['evidence', 'verify', foreign, '--lock', ceremony.lock])).code, 'files-disagree')
    assert.equal((await refusal(3, ['evidence', 'verify', ceremony.lock, '--lock', ceremony.lock])).code, 'file-of-other-format')
  })

  it('has a sentence for every fault', () => {
    assert.deepEqual(Object.keys(FAULTS).toSorted(), [...EVIDENCE_FAULTS].toSorted())
  })
})
