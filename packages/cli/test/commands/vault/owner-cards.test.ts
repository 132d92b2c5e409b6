import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { type OwnerKeys, parseCard, soleOwner } from '@belfry/client'
import { readOwnerKeys, requireSameKeys } from '../../../src/commands/vault/owner-cards.ts'
import { result } from '../../support/belfry.ts'
import { workspace } from '../../support/workspace.ts'

describe('whose keys may do what with a vault', function () {
  this.timeout(60_000)
  const space = workspace()
  const root = '11'.repeat(32)
  const keys: Record<string, string> = {}
  const card = (name: string): string => space.file(name, 'belfry-card.json')
  const key = (name: string): string => keys[name] ?? assert.fail()

  before(async () => {
    for (const [name, role] of Object.entries({ bob: 'owner', carol: 'owner', gina: 'guardian', hugo: 'guardian' })) {
      await result(['init', '--role', role, '--data', space.file(name), '--name', name, '--passphrase-file', space.passphrase])
      keys[name] = parseCard(await readFile(card(name), 'utf8')).owner_key ?? assert.fail()
    }
  })

  /** Two owners and a guardian. */
  const first = (): Promise<OwnerKeys> => readOwnerKeys({ ownerCard: [card('bob')], guardianCard: [card('gina')] }, root)

  it('is everything for one owner where nothing else is said', async () => {
    assert.deepEqual(await readOwnerKeys({}, root), soleOwner(root))
  })

  it('is by the cards', async () => {
    assert.deepEqual(await first(), {
      enrol: { k: 2, keys: [root, key('bob')] },
      announce: [],
      panic: { k: 2, keys: [root, key('bob'), key('gina')] },
    })
    await assert.rejects(readOwnerKeys({ ownerCard: [card('gina')] }, root), { code: 'usage' })
    await assert.rejects(readOwnerKeys({ ownerCard: [card('bob'), card('bob')] }, root), { code: 'usage' })
    await assert.rejects(readOwnerKeys({ enrolK: 2 }, root), { code: 'usage' })
  })

  it('stays as it was in a renewal but for what is said anew', async () => {
    const before = { ...(await first()), announce: [key('carol')] }
    assert.deepEqual(await readOwnerKeys({}, root, before), before)
    assert.deepEqual(await readOwnerKeys({ announceCard: [card('bob')] }, root, before), { ...before, announce: [key('bob')] })
    assert.deepEqual(await readOwnerKeys({ panicK: 3 }, root, before), { ...before, panic: { ...before.panic, k: 3 } })
    assert.deepEqual(await readOwnerKeys({ enrolK: 1 }, root, before), { ...before, enrol: { ...before.enrol, k: 1 } })
    assert.deepEqual(await readOwnerKeys({ guardianCard: [card('gina'), card('hugo')] }, root, before), {
      ...before,
      panic: { k: 2, keys: [root, key('bob'), key('gina'), key('hugo')] },
    })
    assert.deepEqual(await readOwnerKeys({ ownerCard: [card('carol')] }, root, before), {
      enrol: { k: 2, keys: [root, key('carol')] },
      announce: [key('carol')],
      panic: { k: 2, keys: [root, key('carol'), key('gina')] },
    })
  })

  it('is what a stored enrolment says, and nothing else is asked of it', async () => {
    const stored = await first()
    const manifest = { owner: { root, ...stored }, name: 'savings' } as never
    await requireSameKeys('enrolment.json', manifest, {}, root)
    await requireSameKeys('enrolment.json', manifest, { ownerCard: [card('bob')], guardianCard: [card('gina')] }, root)
    await assert.rejects(requireSameKeys('enrolment.json', manifest, { ownerCard: [card('bob')] }, root), { code: 'files-disagree' })
  })
})
