import assert from 'node:assert/strict'
import { WHOLE, differenceOf } from '../../src/invariants/same.ts'

/** One of everything that a state is made of. */
function made() {
  return {
    boot: 1,
    position: { height: 7, hash: 'ab' },
    nothing: null as { height: number } | null,
    frame: new Uint8Array(300).fill(1),
    short: Uint8Array.of(1, 2, 3),
    recent: [{ height: 5 }, { height: 6 }, { height: 7 }],
    held: new Map([['a', { at: 1 }], ['b', { at: 2 }]]),
  }
}
type Made = ReturnType<typeof made>

function whereAfter(change: (one: Made) => void): string | null {
  const one = made()
  change(one)
  return differenceOf(one, made(), WHOLE)
}

describe('the difference of two states', () => {
  it('is none between equal ones, whatever the order of their maps', () => {
    assert.equal(whereAfter(() => {}), null)
    assert.equal(whereAfter(({ held }) => held.delete('a') && held.set('a', { at: 1 })), null)
  })

  it('is found and named wherever it is', () => {
    assert.equal(whereAfter((one) => (one.boot = 2)), '.boot')
    assert.equal(whereAfter((one) => (one.position.hash = 'cd')), '.position.hash')
    assert.equal(whereAfter((one) => (one.nothing = { height: 1 })), '.nothing')
    assert.equal(whereAfter((one) => one.frame.set([2], 0)), '.frame')
    assert.equal(whereAfter((one) => one.short.set([2], 0)), '.short')
    assert.equal(whereAfter((one) => one.recent.splice(0, 1, { height: 4 })), '.recent[0].height')
    assert.equal(whereAfter((one) => one.recent.pop()), '.recent.length')
    assert.equal(whereAfter((one) => one.held.set('b', { at: 3 })), '.held.get(b).at')
    assert.equal(whereAfter((one) => one.held.set('c', { at: 3 })), '.held.size')
    assert.equal(whereAfter((one) => one.held.delete('b') && one.held.set('c', { at: 2 })), '.held.get(b)')
    assert.equal(whereAfter((one) => Reflect.deleteProperty(one, 'boot')), '.boot')
    assert.equal(whereAfter((one) => Object.assign(one, { further: 1 })), '.further')
    assert.equal(whereAfter((one) => Object.assign(one.position, { further: null })), '.position.further')
  })

  it('is all of what it does not know how to look into', () => {
    for (const made of [() => new Set([1]), () => new Date(0), () => new Uint32Array(1)]) {
      assert.equal(differenceOf({ a: made() }, { a: made() }, WHOLE), '.a')
      assert.equal(differenceOf({ a: made() }, { a: {} }, WHOLE), '.a')
    }
  })

  it('is looked for no deeper than asked', () => {
    const [one, other] = [made(), made()]
    one.frame.set([2], 0)
    one.recent.splice(0, 1, { height: 4 })
    one.boot = 2
    const depth = { skipped: new Set(['boot']), list_end: 2, bytes_end: 32 }
    assert.equal(differenceOf(one, other, depth), null)
    one.frame.set([2], 299)
    assert.equal(differenceOf(one, other, depth), '.frame')
  })
})
