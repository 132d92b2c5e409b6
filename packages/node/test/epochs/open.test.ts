import assert from 'node:assert/strict'
import { join } from 'node:path'
import { NodeKeys } from '@belfry/keystore'
import { Federation, type Lock } from '@belfry/protocol'
import type { Millis } from '@belfry/protocol/primitives'
import { LostSharesAlarm, openEpochs } from '../../src/epochs/index.ts'
import { LedgerDesk } from '../../src/ledger/index.ts'
import { tellUnserved } from '../../src/epochs/notices.ts'
import { Store } from '../../src/store/index.ts'
import { recorded } from '../logging/support.ts'
import { temporaryDirectories } from '../store/support.ts'
import { contradict } from '../views/contradict.ts'
import { world } from '../views/world.ts'
import { firstLock, lockAfter, nodeNamed, ports, somebody } from './locks.ts'

const keys = NodeKeys.random()
const me = nodeNamed('me', keys)
const others = ['alice', 'bob', 'carol', 'dave'].map(somebody)
const [alice = assert.fail(), bob = assert.fail(), carol = assert.fail()] = others
const FIVE = [...others, me]
const FIRST = firstLock(FIVE)
const { lock: SECOND, members: inSecond } = lockAfter(FIRST, FIVE, alice, somebody('erin'))
const { lock: RIVAL } = lockAfter(FIRST, FIVE, bob, somebody('frank'))
const { lock: WITHOUT_ME } = lockAfter(SECOND, inSecond, me, somebody('grace'))

describe('the epochs that a node opens', () => {
  const newDirectory = temporaryDirectories()

  /** One start: the epochs served, newest first, and what the log says. */
  async function start(dir: string, locks: readonly Lock[]): Promise<{ epochs: number[]; hashes: string[]; followed: (string | null)[]; refused: (readonly string[])[]; events: string[] }> {
    const { store, log: first } = await Store.open(dir)
    const { logger, lines } = recorded()
    try {
      const { epochs: opened } = await openEpochs({ locks, keys, store, first, logger })
      return {
        epochs: opened.map(({ federation }) => federation.epoch),
        hashes: opened.map(({ federation }) => federation.lock_hash),
        followed: opened.map(({ next_lock }) => next_lock),
        refused: opened.map(({ refused_locks }) => refused_locks),
        events: lines().map(({ event }) => String(event)),
      }
    } finally {
      await store.close()
    }
  }

  it('are the newest first, each with its own place', async () => {
    const { epochs, followed, events } = await start(join(await newDirectory(), 'store'), [FIRST, SECOND])
    assert.deepEqual(epochs, [1, 0])
    assert.deepEqual(followed, [null, SECOND.lock_hash])
    assert.deepEqual(events, ['epoch-served', 'epoch-served'])
  })

  it('are those that it was in, once it is removed', async () => {
    const { epochs, followed, events } = await start(join(await newDirectory(), 'store'), [FIRST, SECOND, WITHOUT_ME])
    assert.deepEqual(epochs, [1, 0])
    assert.deepEqual(followed, [WITHOUT_ME.lock_hash, SECOND.lock_hash], 'it knows the lock that others serve without it')
    assert.ok(events.includes('member-removed'))
  })

  it('stay what they were when a second successor is configured, which rings', async () => {
    const dir = join(await newDirectory(), 'store')
    await start(dir, [FIRST, SECOND])
    const { hashes, followed, refused, events } = await start(dir, [FIRST, RIVAL])
    assert.deepEqual(hashes, [SECOND.lock_hash, FIRST.lock_hash])
    assert.deepEqual(followed, [null, SECOND.lock_hash])
    assert.deepEqual(refused, [[], [RIVAL.lock_hash]])
    assert.ok(events.includes('two-successors'))
    await assert.rejects(start(join(await newDirectory(), 'store'), [SECOND, RIVAL]), { code: 'two-successors' })
  })

  it('are the one that two follow, each of which its core knows, where both are configured at once', async () => {
    const { hashes, followed, refused, events } = await start(join(await newDirectory(), 'store'), [FIRST, SECOND, RIVAL])
    assert.deepEqual([hashes, followed], [[FIRST.lock_hash], [null]])
    assert.deepEqual(refused.map((locks) => locks.toSorted()), [[SECOND.lock_hash, RIVAL.lock_hash].toSorted()])
    assert.deepEqual(events.filter((event) => event === 'two-successors').length, 2)
  })

  it('ring where those that left could open the recoveries of vaults that are there', () => {
    const of = world()
    const durable = of.state.durable
    const federation = Federation.fromLock(ports, FIRST)
    const rung = (locks: readonly Lock[]): number[] => {
      const { logger, lines } = recorded()
      new LostSharesAlarm(locks, logger).look([{ federation, durable }])
      return lines().filter(({ event }) => event === 'shares-out-of-hand').map(({ epoch }) => Number(epoch))
    }
    const third = lockAfter(SECOND, inSecond, bob, somebody('heidi'))
    const fourth = lockAfter(third.lock, third.members, carol, somebody('ivan'))
    assert.deepEqual(rung([FIRST, SECOND, third.lock]), [], 'two of three that it takes')
    assert.deepEqual(rung([FIRST, SECOND, third.lock, fourth.lock]), [0])
  })

  it('ring while the node runs too, where a member is convicted, and once', () => {
    const of = world()
    const federation = Federation.fromLock(ports, FIRST)
    const third = lockAfter(SECOND, inSecond, bob, somebody('heidi'))
    const { logger, lines } = recorded()
    const alarm = new LostSharesAlarm([FIRST, SECOND, third.lock], logger)
    const seen = [{ federation, durable: of.state.durable }]
    alarm.look(seen)
    assert.deepEqual(lines(), [], 'two of three that it takes have left')
    const liar = federation.members.find(({ name }) => name === 'carol')?.index ?? assert.fail()
    contradict(of, liar)
    alarm.look(seen)
    const [told, ...more] = lines()
    assert.deepEqual([told?.['epoch'], told?.['members'], more], [0, ['alice', 'bob', 'carol'], []])
    contradict(of, liar, 'another vault')
    alarm.look(seen)
    assert.equal(lines().length, 1, 'more evidence against the same member is no news')
  })

  it('are all in doubt where the disk was put back from a copy of before one of them began', async () => {
    const dir = await newDirectory()
    await start(join(dir, 'store'), [FIRST])
    {
      await using desk = await LedgerDesk.open(dir)
      await desk.quarantine(1_767_225_600_000 as Millis)
    }
    await start(join(dir, 'store'), [FIRST, SECOND])
    await using desk = await LedgerDesk.open(dir)
    const views = desk.show()
    assert.deepEqual(views.map(({ epoch, quarantine }) => [epoch, quarantine?.reason]), [[0, 'restored'], [1, 'restored']])
  })

  it('are in no doubt where no copy was put back', async () => {
    const dir = await newDirectory()
    await start(join(dir, 'store'), [FIRST])
    await start(join(dir, 'store'), [FIRST, SECOND])
    await using desk = await LedgerDesk.open(dir)
    assert.deepEqual(desk.show().map(({ boot, quarantine }) => [boot, quarantine]), [[0, null], [0, null]])
  })

  it('are missed where one is not served any more: only the owners can say that their vaults are renewed', () => {
    const { logger, lines } = recorded()
    tellUnserved(FIRST, ['savings'], logger)
    tellUnserved(FIRST, [], logger)
    const [warning, ...others] = lines()
    assert.deepEqual(others, [])
    assert.deepEqual([warning?.['event'], warning?.['vaults']], ['epoch-not-served', ['savings']])
    assert.match(String(warning?.['remedy']), /until the owner of each of these vaults has confirmed that it is renewed/)
  })

  it('are read once more where they are left, and not again before they are served again', async () => {
    const dir = join(await newDirectory(), 'store')
    await start(dir, [FIRST])
    await start(dir, [FIRST, SECOND])
    const opened = async (locks: readonly Lock[]): Promise<number> => {
      const { store, log: first } = await Store.open(dir)
      try {
        let logs = 0
        const openLog = store.openLog.bind(store)
        store.openLog = async (...args) => {
          logs++
          return await openLog(...args)
        }
        await openEpochs({ locks, keys, store, first, logger: recorded().logger })
        return logs
      } finally {
        await store.close()
      }
    }
    // The log of the first epoch was read with the store.
    assert.equal(await opened([FIRST, SECOND]), 1)
    assert.equal(await opened([FIRST]), 1, 'the second is left: what it leaves is noted')
    assert.equal(await opened([FIRST]), 0)
    assert.equal(await opened([FIRST, SECOND]), 1)
    assert.equal(await opened([FIRST]), 1, 'it may have left other vaults since')
  })

  it('are none of locks in which it has no place', async () => {
    await assert.rejects(start(join(await newDirectory(), 'store'), [WITHOUT_ME]), { code: 'not-a-member' })
  })
})
