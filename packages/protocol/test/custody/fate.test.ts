import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { type FateSetting, type KnownOfManifest, enoughToLetBe, fateOf, isLetBe } from '../../src/custody/fate.ts'
import type { Height, ManifestHash, MemberIndex } from '../../src/primitives/index.ts'

const DELAY = 6
const FRAME = new Uint8Array([1])

interface Word {
  readonly says: 'taken-back' | 'let-be'
  readonly member: number
  readonly height: number
}

/** A member as far as one generation goes, with the rule and nothing else of the core. */
class Member {
  readonly index: number
  readonly #n: number
  readonly #b: number
  readonly #pool: Word[]
  tip = 100
  /** Its delay has passed: it becomes active with the next block where nothing stands against it. */
  is_due = false
  known: KnownOfManifest & { cancelled: boolean; activated_height: Height | null } = {
    manifest: { previous: 'ab'.repeat(32) as ManifestHash, activation_delay: DELAY },
    taken_back: new Map(),
    let_be: new Map(),
    withdrawn: false,
    cancelled: false,
    activated_height: null,
  }

  constructor(index: number, n: number, b: number, pool: Word[]) {
    this.index = index
    this.#n = n
    this.#b = b
    this.#pool = pool
  }

  get is_active(): boolean {
    return this.known.activated_height !== null
  }

  /** The owner's order, in time where it is not active yet. */
  order(): void {
    if (this.is_active || this.known.cancelled || isLetBe(this.known, this.#setting())) return
    this.known.cancelled = true
    this.#say('taken-back')
  }

  hear({ says, member, height }: Word): void {
    const from = member as MemberIndex
    if (says === 'taken-back' && !this.known.taken_back.has(from)) this.known.taken_back.set(from, { height: height as Height, frame: FRAME })
    else if (says === 'let-be' && !this.known.let_be.has(from)) this.known.let_be.set(from, FRAME)
    else return
    this.#decide('word')
  }

  block(): void {
    this.tip += 1
    this.#decide('block')
    if (this.is_due && !this.is_active && !this.known.cancelled) this.known.activated_height = this.tip as Height
  }

  #decide(at: 'word' | 'block'): void {
    const fate = fateOf(this.known, this.#setting(), at)
    if (fate === 'falls') {
      this.known.cancelled = true
      this.known.activated_height = null
      this.#say('taken-back')
    }
    if (fate === 'stands') this.known.cancelled = false
    if (fate === 'stands' || fate === 'let-be') this.#say('let-be')
  }

  #setting(): FateSetting {
    return { self: this.index as MemberIndex, tip: this.tip as Height, n: this.#n, b: this.#b }
  }

  #say(says: Word['says']): void {
    const word = { says, member: this.index, height: this.tip }
    const said = says === 'taken-back' ? this.known.taken_back : this.known.let_be
    if (said.has(this.index as MemberIndex)) return
    if (says === 'taken-back') this.known.taken_back.set(this.index as MemberIndex, { height: this.tip as Height, frame: FRAME })
    else this.known.let_be.set(this.index as MemberIndex, FRAME)
    this.#pool.push(word)
  }
}

class World {
  readonly pool: Word[] = []
  readonly honest: Member[]
  readonly n: number
  readonly b: number

  /** The last b members lie. */
  constructor(n: number, b: number) {
    this.n = n
    this.b = b
    this.honest = Array.from({ length: n - b }, (_, at) => new Member(at + 1, n, b, this.pool))
  }

  at(index: number): Member {
    return this.honest[index % this.honest.length] ?? assert.fail()
  }

  /** Everything that was said reaches everybody, and time goes by, until nothing is said any more. */
  heal(): void {
    for (let quiet = 0; quiet < 3 * DELAY; quiet++) {
      const said = this.pool.length
      for (const member of this.honest) for (const word of this.pool) member.hear(word)
      for (const member of this.honest) member.block()
      if (this.pool.length > said) quiet = 0
    }
  }

  /** @param more blocks at all members, each hearing all of the others in between */
  pass(more: number): void {
    for (let at = 0; at < more; at++) {
      for (const member of this.honest) for (const word of this.pool) member.hear(word)
      for (const member of this.honest) member.block()
    }
  }

  lie(says: Word['says'], height = 0): void {
    for (let at = 0; at < this.b; at++) this.pool.push({ says, member: this.n - at, height })
  }

  actives(): number {
    return this.honest.filter(({ is_active }) => is_active).length
  }
}

/** Members, and liars among them: also more than is usual. */
const SIZES = [[3, 0], [4, 1], [5, 1], [5, 2], [6, 1], [7, 2], [7, 3], [9, 2]] as const

const anyDoing = fc.oneof(
  fc.record({ does: fc.constant('due' as const), member: fc.nat(8) }),
  fc.record({ does: fc.constant('order' as const), member: fc.nat(8) }),
  { weight: 4, arbitrary: fc.record({ does: fc.constant('hear' as const), member: fc.nat(8), word: fc.nat(40) }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('block' as const), member: fc.nat(8) }) },
  fc.record({ does: fc.constant('lie' as const), liar: fc.nat(8), says: fc.constantFrom('taken-back' as const, 'let-be' as const), height: fc.integer({ min: 90, max: 150 }) }),
)

describe('what becomes of a generation that its owner takes back', () => {
  it('is the same at all honest members in the end, whatever was heard in whichever order and whoever lied', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SIZES), fc.array(anyDoing, { maxLength: 200, size: 'max' }), fc.boolean(), ([n, b], doings, isDue) => {
        const world = new World(n, b)
        for (const doing of doings) {
          if (doing.does === 'due') world.at(doing.member).is_due = true
          else if (doing.does === 'order') world.at(doing.member).order()
          else if (doing.does === 'block') world.at(doing.member).block()
          else if (doing.does === 'hear') {
            const word = world.pool[doing.word % Math.max(1, world.pool.length)]
            if (word) world.at(doing.member).hear(word)
          } else if (b > 0) world.pool.push({ says: doing.says, member: n - (doing.liar % b), height: doing.height })
        }
        // The owner's publication reaches all, or nobody.
        if (isDue || world.honest.some(({ is_due }) => is_due)) for (const member of world.honest) member.is_due = true
        world.heal()
        assert.ok(world.actives() === 0 || world.actives() === world.honest.length, `${world.actives()} of ${world.honest.length} hold it active`)
      }),
      { numRuns: 8_000 },
    )
  })

  for (const [n, b] of SIZES) {
    it(`is none of b liars to decide (n ${n}, b ${b})`, () => {
      const world = new World(n, b)
      for (const member of world.honest) member.is_due = true
      world.pass(1)
      world.lie('taken-back', 101)
      world.heal()
      assert.equal(world.actives(), world.honest.length)
    })

    it(`is that it falls where b+1 members took it back just before the others activated it, whatever b liars say (n ${n}, b ${b})`, () => {
      if (enoughToLetBe({ n, b }) <= b) return // with so many liars, one late member and they may keep it
      const world = new World(n, b)
      for (const [at, member] of world.honest.entries()) {
        if (at <= b) member.order()
        else member.is_due = true
      }
      for (const member of world.honest) member.block()
      world.lie('let-be')
      world.pass(2)
      assert.equal(world.actives(), 0)
      for (const member of world.honest) member.is_due = true
      world.heal()
      assert.equal(world.actives(), 0)
    })

    it(`can be changed no more by liars once it was let be (n ${n}, b ${b})`, () => {
      if (b === 0) return // then one word is enough in time
      const world = new World(n, b)
      for (const [at, member] of world.honest.entries()) {
        if (at < Math.min(b, world.honest.length - 1)) member.order()
        member.is_due = true
      }
      world.pass(3 * DELAY)
      assert.equal(world.actives(), world.honest.length, 'those who took it back alone follow the others')
      world.lie('taken-back', 101)
      world.pass(1)
      assert.equal(world.actives(), world.honest.length)
    })

    it(`is not changed by members that lagged and are given an old key's order long after (n ${n}, b ${b})`, () => {
      const world = new World(n, b)
      const late = world.honest.slice(0, b + 1)
      const others = world.honest.slice(b + 1)
      if (others.length < enoughToLetBe({ n, b })) return
      for (const member of others) member.is_due = true
      world.pass(5 * DELAY)
      for (const member of late) member.order()
      world.pass(3)
      for (const member of late) member.is_due = true
      world.heal()
      assert.equal(world.actives(), world.honest.length)
    })
  }
})
