import assert from 'node:assert/strict'
import { MAX_SCRIPT_BYTES, ScriptTable } from '../../../src/chain/watch-set/index.ts'
import { Seeded } from './support.ts'

describe('ScriptTable', () => {
  it('compares the whole script, whichever byte differs', () => {
    for (const length of [1, 3, 4, 5, 22, 23, 34, 36, 37, 40, 71, 500]) {
      const table = new ScriptTable()
      const script = new Seeded(length).bytes(length)
      const id = table.add(script)
      const view = new DataView(script.buffer, 0, length)
      assert.equal(table.find(view, 0, length), id)
      for (let at = 0; at < length; at++) {
        view.setUint8(at, view.getUint8(at) ^ 1)
        assert.equal(table.find(view, 0, length), -1)
        view.setUint8(at, view.getUint8(at) ^ 1)
      }
      assert.equal(table.find(view, 0, length - 1), -1)
    }
  })

  it('compares the whole script where all hashes are the same', () => {
    // Without secrets every script has one hash.
    const table = new ScriptTable({ random: () => {} })
    const seeded = new Seeded(1)
    const scripts = [0, 1, 2, 22, 22, 34, 34, 36, 37, 37, 100, 100].map((length) => seeded.bytes(length))
    // The same but for the last byte.
    for (const length of [22, 36, 37, 100]) {
      const script = scripts.find((other) => other.length === length)?.slice() ?? assert.fail()
      script[length - 1] = (script[length - 1] ?? 0) ^ 1
      scripts.push(script)
    }
    const ids = scripts.map((script) => table.add(script))
    assert.equal(new Set(ids).size, scripts.length)
    for (const [i, script] of scripts.entries()) {
      assert.equal(table.find(new DataView(script.buffer, 0, script.length), 0, script.length), ids[i])
      assert.deepEqual(table.scriptOf(ids[i] ?? -1), script)
    }
    for (const id of ids) table.remove(id)
    for (const script of scripts) assert.equal(table.find(new DataView(script.buffer), 0, script.length), -1)
  })

  it('is not changed with the bytes that were given', () => {
    const table = new ScriptTable()
    const script = new Uint8Array(200).fill(3)
    const id = table.add(script)
    script.fill(4)
    assert.deepEqual(table.scriptOf(id), new Uint8Array(200).fill(3))
    table.scriptOf(id).fill(5)
    assert.deepEqual(table.scriptOf(id), new Uint8Array(200).fill(3))
  })

  it('counts the bytes of long scripts while they are there', () => {
    const table = new ScriptTable()
    table.remove(table.add(new Uint8Array(9_000)))
    const { bytes } = table
    const id = table.add(new Uint8Array(9_000))
    assert.equal(table.bytes, bytes + 9_000)
    table.remove(id)
    assert.equal(table.bytes, bytes)
  })

  it('refuses what no script can be, and looks for it nowhere', () => {
    const table = new ScriptTable()
    table.add(new Uint8Array(MAX_SCRIPT_BYTES))
    const longer = new Uint8Array(MAX_SCRIPT_BYTES + 1)
    assert.throws(() => table.add(longer), RangeError)
    assert.equal(table.find(new DataView(longer.buffer), 0, longer.length), -1)
    assert.equal(table.find(new DataView(longer.buffer), 0, 4_000_000), -1)
    assert.equal(table.find(new DataView(longer.buffer), 0, MAX_SCRIPT_BYTES), 0)
  })
})
