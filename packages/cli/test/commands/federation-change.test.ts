/** A federation changes its members by the commands that its operators type. */
import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { parseChange } from '@belfry/client'
import { describeChange } from '../../src/commands/federation/describe-change.ts'
import { belfry, refusal, result } from '../support/belfry.ts'
import { type Ceremony, holdCeremony } from '../support/ceremony.ts'
import { type Succession, changeMembers, signChange } from '../support/succession.ts'
import { workspace } from '../support/workspace.ts'

interface Locked {
  readonly epoch: number
  readonly lock_hash: string
  readonly previous_lock_hash: string | null
  readonly consents: readonly number[]
  readonly members: readonly { readonly index: number; readonly name: string }[]
}

const namesOf = ({ members }: Locked): string => members.map(({ index, name }) => `${index} ${name}`).join(', ')

describe('belfry federation change', function () {
  this.timeout(60_000)
  const space = workspace()
  let five: Ceremony

  before(async () => {
    five = await holdCeremony(space, { members: 5, address: (index) => `/ip4/127.0.0.1/tcp/${9740 + index}` })
    for (const name of ['tower-6', 'tower-7']) {
      await result(['init', '--role', 'member', '--data', space.file(name), '--name', name, '--passphrase-file', space.passphrase])
    }
  })

  const cardOf = (name: string): string => space.file(name, 'belfry-card.json')
  /** The data directory of a member: those of the first epoch have a number only. */
  const dataOf = (name: string): string => {
    const [, number = ''] = /^tower-([1-5])$/.exec(name) ?? []
    return number === '' ? space.file(name) : space.file(`member-${number}`)
  }
  const change = (name: string, ...more: string[]): string[] => [
    'federation', 'change', '--lock', five.lock, '--out', space.file(name, 'federation.change.json'), ...more,
  ]
  const REPLACED = ['tower-1', 'tower-3', 'tower-4', 'tower-5', 'tower-6']

  describe('from five members to five with one replaced', () => {
    let next: Succession

    before(async () => {
      next = await changeMembers(space, {
        name: 'replaced',
        previous: five.lock,
        change: ['--add', cardOf('tower-6'), '--remove', 'tower-2'],
        signers: REPLACED.map(dataOf),
        consenters: ['tower-1', 'tower-3', 'tower-4', 'tower-5'].map(dataOf),
      })
    })

    it('makes a lock of the next epoch, without a word of the one that is removed', async () => {
      const shown = await result<Locked>(['federation', 'show', next.lock])
      assert.equal(namesOf(shown), '1 tower-1, 2 tower-3, 3 tower-4, 4 tower-5, 5 tower-6')
      assert.equal(shown.epoch, 1)
      assert.deepEqual(shown.consents, [1, 3, 4, 5])
      const { lock_hash } = await result<Locked>(['federation', 'show', five.lock])
      assert.equal(shown.previous_lock_hash, lock_hash)
    })

    it('is shown with the lock before it, in words', async () => {
      const { stdout } = await belfry(['federation', 'show', five.lock, next.lock])
      assert.match(stdout, /of epoch 0: tower-1, tower-3, tower-4 and tower-5 consented, 4 of 5 are needed\./)
      const { epochs } = await result<{ epochs: readonly Locked[] }>(['federation', 'show', five.lock, next.lock])
      assert.deepEqual(epochs.map(({ epoch }) => epoch), [0, 1])
      assert.equal((await refusal(3, ['federation', 'show', next.lock, five.lock])).code, 'lock-not-next')
    })

    it('says before anybody signs who leaves, who joins, and who is needed', async () => {
      const { stdout } = await belfry(['federation', 'show', next.change])
      assert.match(stdout, /^A change of harbour, from epoch 0 to epoch 1\./)
      assert.match(stdout, /leaves\s+tower-2 \(member 2\)\n/)
      assert.match(stdout, /joins\s+tower-6 \(member 5\)\n/)
      assert.match(stdout, /consented to by at least 4 of the 5 of epoch 0: tower-1, .* and tower-5\./)
      assert.match(stdout, /So 1 of these may be down or unwilling\./)
      assert.match(stdout, /Shares: tower-2 keeps its shares of vaults that were enrolled in epoch 0\. Alone it opens nothing\./)
    })

    it('names who has not consented and how many are needed', async () => {
      const some = next.consents.slice(0, 2)
      const out = space.file('half.json')
      const lock = ['federation', 'lock', ...next.signatures, ...some, '--definition', next.change, '--out', out]
      const { code, message } = await refusal(3, lock)
      assert.equal(code, 'consents-missing')
      assert.match(message, /4 of the 5 members of the previous lock must consent, 2 did; not yet: tower-2 \(member 2\), tower-4/)
      await assert.rejects(stat(out), { code: 'ENOENT' })
    })

    it('consents again with the same bytes, but to no other lock of that epoch', async () => {
      const again = space.file('again.json')
      const consent = (signatures: readonly string[], file: string, out: string): string[] => [
        'federation', 'consent', ...signatures, '--change', file, '--data', dataOf('tower-3'), '--out', out,
        '--passphrase-file', space.passphrase,
      ]
      const { resumed } = await result(consent(next.signatures, next.change, again))
      assert.equal(resumed, true)
      assert.deepEqual(await readFile(again), await readFile(next.consents[1] ?? ''))

      const rival = space.file('rival', 'federation.change.json')
      await result([...change('rival', '--remove', 'tower-1')])
      const signatures = await signChange(space, 'rival', rival, ['tower-2', 'tower-3', 'tower-4', 'tower-5'].map(dataOf))
      const refused = await refusal(3, consent(signatures, rival, space.file('second.json')))
      assert.equal(refused.code, 'two-successors')
      assert.match(refused.remedy, /^Two locks that follow the same one would split the federation/)
      await assert.rejects(stat(space.file('second.json')), { code: 'ENOENT' })

      const { code } = await refusal(3, [
        'federation', 'lock', ...signatures, ...next.consents, '--definition', rival, '--out', space.file('rival.json'),
      ])
      assert.equal(code, 'consent-for-other-lock')
    })

    it('takes no consent before all members of the next epoch have signed', async () => {
      const { code, message } = await refusal(3, [
        'federation', 'consent', ...next.signatures.slice(0, 4), '--change', next.change, '--data', dataOf('tower-2'), '--out',
        space.file('early.json'), '--passphrase-file', space.passphrase,
      ])
      assert.equal(code, 'lock-half-signed')
      assert.match(message, /tower-6 \(member 5\)/)
    })

    it('takes no consent of a member that joins, and no signature of one that leaves', async () => {
      const end = ['--out', space.file('no.json'), '--passphrase-file', space.passphrase]
      const consent = ['federation', 'consent', ...next.signatures, '--change', next.change, '--data', dataOf('tower-6')]
      assert.equal((await refusal(3, [...consent, ...end])).code, 'not-a-member')
      const sign = ['federation', 'sign', next.change, '--data', dataOf('tower-2')]
      assert.equal((await refusal(3, [...sign, ...end])).code, 'not-a-member')
    })

    it('refuses a change that was changed after it was signed', async () => {
      const path = space.file('changed.json')
      await writeFile(path, (await readFile(next.change, 'utf8')).replace('"heartbeat_ms": 10000', '"heartbeat_ms": 20000'))
      const lock = ['federation', 'lock', ...next.signatures, ...next.consents, '--definition', path, '--out', space.file('no.json')]
      assert.ok(['definition-hash-differs', 'lock-hash-differs'].includes((await refusal(3, lock)).code))
    })

    it('takes no consent for a first lock', async () => {
      const lock = ['federation', 'lock', ...five.signatures, '--definition', five.definition, '--out', space.file('first.json')]
      assert.equal((await refusal(2, [...lock, ...next.consents])).code, 'usage')
      await result(lock)
    })

    it('then removes members again, with the earlier locks counted for what members took along', async () => {
      const later = ['federation', 'change', '--lock', five.lock, next.lock, '--out', space.file('later.json')]
      const { stdout } = await belfry([...later, '--remove', '1', 'tower-3', '--add', cardOf('tower-7')])
      assert.match(stdout, /Shares: tower-1, tower-2 and tower-3 keep their shares of vaults that were enrolled in epoch 0\./)
      assert.match(stdout, /TOGETHER THEY COULD OPEN .*clawback and emergency.* move their coins/)
      assert.match(stdout, /Shares: tower-1 and tower-3 keep their shares of vaults that were enrolled in epoch 1\. Together they open nothing/)
      const wrong = ['federation', 'change', '--lock', next.lock, five.lock, '--remove', '1', '--out', space.file('no.json')]
      assert.equal((await refusal(3, wrong)).code, 'lock-not-next')
    })
  })

  it('goes from five members to four, and from four to five', async () => {
    // In a federation of its own: a member consents once to what follows a lock.
    const other = await holdCeremony({ ...space, file: (...names) => space.file('other', ...names) }, { members: 5 })
    const data = (...numbers: number[]): string[] => numbers.map((number) => space.file('other', `member-${number}`))
    const four = await changeMembers(space, {
      name: 'four',
      previous: other.lock,
      change: ['--remove', 'tower-5'],
      signers: data(1, 2, 3, 4),
      consenters: data(1, 2, 3, 4),
    })
    const words = await belfry(['federation', 'show', four.change])
    assert.match(words.stdout, /clawback before\s+any 3 of 5 .*\n\s+clawback then\s+any 3 of 4/)
    const again = await changeMembers(space, {
      name: 'five-again',
      previous: four.lock,
      change: ['--add', cardOf('tower-7')],
      signers: [...data(1, 2, 3, 4), space.file('tower-7')],
      consenters: data(2, 3, 4),
    })
    const shown = await result<{ epochs: readonly Locked[] }>(['federation', 'show', other.lock, four.lock, again.lock])
    assert.deepEqual(shown.epochs.map(({ members }) => members.length), [5, 4, 5])
  })

  it('takes a card of a member with other addresses and the same keys', async () => {
    const card = space.file('moved.json')
    const address = '/ip4/192.0.2.7/tcp/9740'
    await result([
      'federation', 'card', '--data', dataOf('tower-4'), '--address', address, '--out', card, '--passphrase-file', space.passphrase,
    ])
    const { stdout } = await belfry(change('moved', '--add', card))
    assert.match(stdout, /comes with another card\s+tower-4 \(new addresses\)\n/)
    assert.doesNotMatch(stdout, /leaves|joins|Shares:/)
  })

  it('says what differs beside the members: liars, spare members and timing', async () => {
    const { stdout } = await belfry(change('quiet', '--liars', '0', '--heartbeat-ms', '20000', '--accept-no-spare-member'))
    assert.doesNotMatch(stdout, /stay as they are/)
    assert.match(stdout, /liars before\s+safe against 1 lying member\n\s+liars then\s+safe against 0 lying members\n/)
    assert.match(stdout, /none to spare before\s+not allowed\n\s+none to spare then\s+allowed\n/)
    assert.match(stdout, /timing before\s+heartbeats every 10 s; .*\n\s+timing then\s+heartbeats every 20 s; /)
    const { stdout: same } = await belfry(change('same', '--add', cardOf('tower-6'), '--remove', 'tower-2'))
    assert.match(same, /The thresholds and the timing stay as they are\./)
    const { lock_hash } = await result<Locked>(['federation', 'show', five.lock])
    assert.ok(same.includes(`It follows the lock ${lock_hash}.`))
  })

  it('tells votes from shares where a definition that was not made by this command has them differ', async () => {
    await result(change('apart', '--add', cardOf('tower-6'), '--remove', 'tower-2'))
    const made = parseChange(await readFile(space.file('apart', 'federation.change.json'), 'utf8'))
    const thresholds = { ...made.definition.thresholds, clawback: { q: 3, t: 2 } }
    const swapped = { ...made.definition.thresholds, clawback: { q: 2, t: 3 } }
    const before = { ...made.previous, definition: { ...made.previous.definition, thresholds } }
    const words = describeChange({ ...made, previous: before, definition: { ...made.definition, thresholds: swapped } }, (_, text) => text)
    assert.match(words.join('\n'), /clawback before\s+.*; 3 vote, 2 give shares\n\s+clawback then\s+.*; 2 vote, 3 give shares/)
  })

  for (const [what, code, ...more] of [
    ['a change of nothing', 'change-of-nothing'],
    ['a member that is none', 'change-of-stranger', '--remove', 'tower-9'],
    ['too few members', 'member-count', '--remove', '1', '2', '3'],
    ['thresholds that break a rule', 'liars-reach-threshold', '--remove', '1', '--quorum', '2', '--liars', '2'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      assert.equal((await refusal(3, change('refused', ...more))).code, code)
    })
  }
})
