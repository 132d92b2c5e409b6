import assert from 'node:assert/strict'
import { OutpointTable } from '../../../src/chain/watch-set/index.ts'
import { KeyedHash } from '../../../src/chain/watch-set/keyed-hash.ts'
import { Seeded } from './support.ts'

const KEY_BYTES = 36
const VOUT_OFFSET = 32

describe('OutpointTable, as an adversary would have it', () => {
  const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

  /** Adds a key for each number and finds it again, and none that is as close to it. */
  function holds(table: OutpointTable, numbers: number, write: (key: DataView, i: number) => void): void {
    const key = new DataView(new ArrayBuffer(KEY_BYTES))
    for (let i = 0; i < numbers; i++) {
      write(key, i)
      assert.equal(table.add(key, 0), i)
    }
    for (let i = 0; i < numbers; i++) {
      write(key, i)
      assert.equal(table.find(key, 0), i)
      key.setUint8(31, 1)
      assert.equal(table.find(key, 0), -1)
      key.setUint8(31, 0)
    }
  }

  it('tells outputs of one transaction apart', () => {
    holds(new OutpointTable(), 50_000, (key, i) => key.setUint32(VOUT_OFFSET, i, true))
  })

  it('tells keys apart that differ in the upper half of one word only, or in the highest bit of halves', () => {
    holds(new OutpointTable(), 65_536, (key, i) => key.setUint32(4, i << 16, true))
    holds(new OutpointTable(), 32_768, (key, i) => {
      for (let bit = 0; bit < 15; bit++) key.setUint16(2 * bit, (i >>> bit & 1) << 15, true)
    })
  })

  it('holds keys that collide under its secrets, which under others do not', () => {
    const seeded = new Seeded(11)
    const hash = new KeyedHash(9, new Seeded(1).draw)
    const others = [2, 3, 4].map((seed) => new KeyedHash(9, new Seeded(seed).draw))
    const keys = viewOf(seeded.bytes(KEY_BYTES * 300_000))
    const firsts = new Map<number, number>()
    const table = new OutpointTable({ random: new Seeded(1).draw })
    let pairs = 0
    for (let at = 0; at < keys.byteLength; at += KEY_BYTES) {
      const value = hash.of(keys, at)
      const first = firsts.get(value)
      firsts.set(value, at)
      if (first === undefined) continue
      pairs++
      const [one, two] = [table.add(keys, first), table.add(keys, at)]
      assert.notEqual(one, two)
      assert.deepEqual([table.find(keys, first), table.find(keys, at)], [one, two])
      for (const other of others) assert.notEqual(other.of(keys, first), other.of(keys, at))
      table.remove(one)
      assert.deepEqual([table.find(keys, first), table.find(keys, at)], [-1, two])
    }
    assert.ok(pairs >= 3, `${pairs} pairs`)
  })

  it('draws new secrets for each table', () => {
    const drawn: string[] = []
    const random = (words: Uint32Array): void => {
      globalThis.crypto.getRandomValues(words)
      drawn.push(words.join())
    }
    for (let i = 0; i < 3; i++) assert.equal(new OutpointTable({ random }).size, 0)
    assert.equal(new Set(drawn).size, 3)
  })

  it('takes at most 60 bytes an outpoint at any size from 100,000 on, growing one by one', () => {
    const table = new OutpointTable()
    const key = new DataView(new ArrayBuffer(KEY_BYTES))
    for (let i = 0; i < 1_000_000; i++) {
      key.setUint32(0, i)
      table.add(key, 0)
      if (i >= 100_000 && table.bytes > 60 * (i + 1)) assert.fail(`${table.bytes} bytes for ${i + 1}`)
    }
    assert.equal(table.size, 1_000_000)
    assert.ok(table.bytes < 50 * table.size, String(table.bytes))
  })
})
