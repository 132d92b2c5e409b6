import assert from 'node:assert/strict'
import { findFreePorts } from '@belfry/bitcoind'
import type { MemberIndex } from '@belfry/protocol/primitives'
import {
  ClientError,
  type EnrolOptions,
  type Enrolled,
  type EnrolmentBundle,
  enrol,
  makeBundle,
  requireProtected,
} from '../../src/index.ts'
import { type Behaviour, Stage, heldOf, honest, receiptOf, refusing } from '../support/members.ts'
import { testVault } from '../support/vault.ts'

/** q = t = 3, b = 1: protected from 4 receipts on. */
const MEMBERS = 5

describe('enrolment', () => {
  let ports: readonly number[] = []
  let bundle: EnrolmentBundle | null = null

  beforeEach(async () => {
    ports = Object.values(await findFreePorts(['1', '2', '3', '4', '5']))
  })

  /** Five members, of which those named behave in a way of their own. */
  async function enrolWith(
    special: Readonly<Record<number, Behaviour | null>>,
    options: EnrolOptions = {},
    look: (enrolled: Enrolled, stage: Stage) => void | Promise<void> = () => {},
  ): Promise<Enrolled> {
    const behaviours = Array.from({ length: MEMBERS }, (_, at) =>
      at + 1 in special ? (special[at + 1] ?? null) : honest,
    )
    await using stage = await Stage.open(behaviours, ports)
    const { federation, root } = stage.setting
    using vault = testVault()
    // Another lock each time, for the ports are others.
    bundle = await makeBundle({ federation, vault, root })
    const enrolled = await enrol(stage.link, bundle, options)
    await look(enrolled, stage)
    return enrolled
  }

  const membersOf = (enrolled: Enrolled): number[] => enrolled.receipts.map(({ member }) => member)

  it('collects a receipt of every member, and makes the vault active', async () => {
    const told: string[] = []
    const enrolled = await enrolWith({}, { onResult: ({ member, result }) => told.push(`${member} ${result}`) })
    assert.deepEqual(membersOf(enrolled), [1, 2, 3, 4, 5])
    assert.deepEqual(enrolled.active, [1, 2, 3, 4, 5])
    assert.equal(enrolled.protected, true)
    assert.deepEqual(
      told.toSorted(),
      [1, 2, 3, 4, 5].map((member) => `${member} receipt`),
    )
    requireProtected(enrolled, 4)
  })

  it('protects with one member down, and says which', async () => {
    const enrolled = await enrolWith({ 2: null })
    assert.deepEqual(membersOf(enrolled), [1, 3, 4, 5])
    assert.equal(enrolled.protected, true)
    assert.deepEqual(
      enrolled.results.map(({ result }) => result),
      ['receipt', 'unreachable', 'receipt', 'receipt', 'receipt'],
    )
    assert.deepEqual(
      enrolled.states.map(({ state }) => state),
      ['active', null, 'active', 'active', 'active'],
    )
  })

  it('hides no bug behind a receipt of an earlier run', async () => {
    await enrolWith({}, {}, async ({ receipts }, { link }) => {
      link.enrol = () => Promise.reject(new TypeError('planted'))
      await assert.rejects(
        enrol(link, bundle ?? assert.fail(), { receipts: receipts.map(({ frame }) => frame) }),
        TypeError,
      )
    })
  })

  it('publishes nothing while too few members hold the vault', async () => {
    const enrolled = await enrolWith({ 2: null, 4: refusing('deposit-not-yet-seen', true) }, {}, (_, { asked }) => {
      assert.ok(asked.every((request) => request.startsWith('manifest')))
    })
    assert.equal(enrolled.protected, false)
    assert.deepEqual(enrolled.active, [])
    assert.throws(
      () => requireProtected(enrolled, 4),
      (error) => {
        assert.ok(error instanceof ClientError && error.code === 'too-few-receipts')
        assert.match(
          error.message,
          /3 members hold the vault, 4 are needed .*member 2: .*member 4: it says deposit-not-yet-seen/,
        )
        return true
      },
    )
  })

  it('says that nothing changed where everybody refuses, and whom it cannot reach where nobody is there', async () => {
    const all = (behaviour: Behaviour | null) =>
      Object.fromEntries([1, 2, 3, 4, 5].map((member) => [member, behaviour]))
    const refused = await enrolWith(all(refusing('owner-not-admitted')))
    assert.throws(() => requireProtected(refused, 4), { code: 'refused', remedy: 'do something about it' })
    const silent = await enrolWith(all(null))
    assert.throws(() => requireProtected(silent, 4), { code: 'unreachable' })
  })

  const lies: readonly (readonly [string, Behaviour])[] = [
    [
      'signed by another member',
      (request, { setting }, member) =>
        receipt(request, (held) => receiptOf(setting, member, held, { signer: member === 1 ? 2 : 1 })),
    ],
    [
      'of another member',
      (request, { setting }) => receipt(request, (held) => receiptOf(setting, 5 as MemberIndex, held)),
    ],
    [
      'in the name of another member',
      (request, { setting }, member) =>
        receipt(request, (held) => receiptOf(setting, member, held, { from: 5 as MemberIndex })),
    ],
    [
      'for another manifest',
      (request, { setting }, member) => receipt(request, (held) => receiptOf(setting, member, { ...held, manifest_hash: 'ab'.repeat(32) as never })),
    ],
    [
      'for another vault',
      (request, { setting }, member) => receipt(request, (held) => receiptOf(setting, member, { ...held, vault_id: 'ab'.repeat(32) as never })),
    ],
    [
      'for another generation',
      (request, { setting }, member) => receipt(request, (held) => receiptOf(setting, member, { ...held, generation: 2 })),
    ],
    [
      'of another epoch',
      (request, { setting }, member) => receipt(request, (held) => receiptOf(setting, member, held, { epoch: 7 })),
    ],
    [
      'with a broken signature',
      (request, { setting }, member) =>
        receipt(request, (held) =>
          receiptOf(setting, member, held, {
            frame: (frame) => ({ ...frame, signature: frame.signature.map((byte) => byte ^ 1) }),
          }),
        ),
    ],
    [
      'with an attachment that would make the bundle too large for the others',
      (request, { setting }, member) =>
        receipt(request, (held) => receiptOf(setting, member, held, { attachment: new Uint8Array(100_000) })),
    ],
    ['that is no frame', (request) => receipt(request, () => new TextEncoder().encode('trust me'))],
  ]
  for (const [what, lie] of lies) {
    it(`does not count a receipt ${what}`, async () => {
      const enrolled = await enrolWith({ 1: lie })
      assert.deepEqual(membersOf(enrolled), [2, 3, 4, 5])
      assert.equal(enrolled.results[0]?.result, 'false-receipt')
      assert.deepEqual(enrolled.active.slice(-4), [2, 3, 4, 5], 'and the others are none the worse for it')
    })
  }

  it('does not count an answer that is none, or one that fits no question', async () => {
    const enrolled = await enrolWith({
      1: () => new TextEncoder().encode('what?'),
      2: () => ({ answer: 'state', state: 'active' }),
      3: () => {
        throw new Error('planted')
      },
    })
    assert.deepEqual(enrolled.results.map(({ result }) => result).slice(0, 3), [
      'false-receipt',
      'false-receipt',
      'unreachable',
    ])
    assert.equal(enrolled.protected, false)
  })

  it('asks again those whose answer may change, and nobody else', async () => {
    let asked = 0
    const late: Behaviour = (request, stage, member) =>
      (request.request === 'manifest' && asked++ < 2 ? refusing('deposit-not-yet-seen', true) : honest)(
        request,
        stage,
        member,
      )
    const told: string[] = []
    const onResult: EnrolOptions['onResult'] = ({ member, result }) => {
      if (member <= 2) told.push(`${member} ${result}`)
    }
    const enrolled = await enrolWith(
      { 1: late, 2: refusing('owner-not-admitted') },
      { retries: 5, retry_ms: 1, onResult },
      (_, stage) => {
        assert.equal(stage.asked.filter((request) => request === 'manifest 2').length, 1)
      },
    )
    assert.deepEqual(membersOf(enrolled), [1, 3, 4, 5])
    assert.deepEqual(
      told.filter((line) => line.startsWith('1')),
      ['1 refused', '1 receipt'],
      'the same answer is told once',
    )
  })

  it('goes on with receipts of an earlier run while their members are away', async () => {
    const first = await enrolWith({ 4: null, 5: null })
    assert.equal(first.protected, false)
    const behaviours = [honest, honest, null, honest, null]
    await using stage = await Stage.open(behaviours, ports)
    assert.ok(bundle)
    const again = await enrol(stage.link, bundle, { receipts: first.receipts.map(({ frame }) => frame) })
    assert.deepEqual(membersOf(again), [1, 2, 3, 4], 'member 3 is away now; its receipt stays true')
    assert.deepEqual(again.active, [1, 2, 4])
  })

  it('keeps to a receipt while its member puts it off, and drops it where the member refuses for good', async () => {
    const first = await enrolWith({ 5: null })
    const receipts = first.receipts.map(({ frame }) => frame)
    await using stage = await Stage.open(
      [refusing('busy', true), refusing('owner-not-admitted'), honest, honest, null],
      ports,
    )
    assert.ok(bundle)
    assert.deepEqual(membersOf(await enrol(stage.link, bundle, { receipts })), [1, 3, 4])
  })

  it('gives the receipts to be kept before it publishes them', async () => {
    const order: string[] = []
    const onReceipts: EnrolOptions['onReceipts'] = async (receipts) => void order.push(`kept ${receipts.length}`)
    const publishing: Behaviour = (request, stage, member) => {
      if (request.request === 'bundle') order.push('published')
      return honest(request, stage, member)
    }
    await enrolWith({ 1: publishing }, { onReceipts })
    assert.deepEqual(order, ['kept 5', 'published'])
  })

  it('prints no control character that a member sends', async () => {
    const rude: Behaviour = () => ({
      answer: 'refused',
      code: 'x\u0007',
      message: '\u001b[2Jall is well',
      remedy: 'line\nbreak\u202e',
      retryable: false,
    })
    const [first] = (await enrolWith({ 1: rude })).results
    assert.ok(first?.result === 'refused')
    assert.deepEqual([first.code, first.message, first.remedy], ['x?', '?[2Jall is well', 'line?break?'])
  })

  it('takes no stored receipt on trust', async () => {
    const forged = (setting: Stage['setting']) => [
      receiptOf(setting, 3 as MemberIndex, { vault_id: 'ab'.repeat(32) as never, generation: 1, manifest_hash: 'ab'.repeat(32) as never }),
      Uint8Array.of(1, 2, 3),
    ]
    await using stage = await Stage.open([honest, honest, null, honest, null], ports)
    using vault = testVault()
    const made = await makeBundle({ federation: stage.setting.federation, vault, root: stage.setting.root })
    const enrolled = await enrol(stage.link, made, { receipts: forged(stage.setting) })
    assert.deepEqual(membersOf(enrolled), [1, 2, 4])
  })

  it('stops when its caller gives up', async () => {
    const giveUp = new AbortController()
    const waiting: Behaviour = () => {
      giveUp.abort()
      return new Promise<never>(() => {})
    }
    await assert.rejects(enrolWith({ 1: waiting }, { signal: giveUp.signal }), (error) => {
      return error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'aborted'))
    })
  })

  it('sends the manifest, the envelopes and each member its own shares', async () => {
    const got = new Map<number, Uint8Array[]>()
    const keep: Behaviour = (request, stage, member) => {
      if (request.request === 'manifest') {
        assert.deepEqual(request.manifest, bundle?.manifest)
        assert.deepEqual(request.envelopes, bundle?.envelopes)
        got.set(member, request.shares)
      }
      return honest(request, stage, member)
    }
    await enrolWith({ 1: keep, 2: keep, 3: keep, 4: keep, 5: keep })
    for (const member of [1, 2, 3, 4, 5]) assert.deepEqual(got.get(member), bundle?.shares[member - 1])
  })

  function receipt(request: Parameters<Behaviour>[0], make: (held: ReturnType<typeof heldOf>) => Uint8Array) {
    if (request.request !== 'manifest') return { answer: 'state', state: 'active' } as const
    return { answer: 'receipt', frame: make(heldOf(request)) } as const
  }
})
