import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { LockedMemory, MAX_SECRET_BYTES, processMemory, SecretBytes } from '@belfry/keystore'
import { reveal, throwsCode } from '../assertions.ts'
import { nextTurn } from '../event-loop.ts'
import { skip } from '../skip.ts'

const text = 'attack at dawn'
const bytes = new TextEncoder().encode(text)

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

function allocateAndForget(memory: LockedMemory): void {
  SecretBytes.allocate(8, () => {}, memory)
}

/** What the kernel says is pinned, in KiB. */
function lockedByKernel(): number {
  return Number(/VmLck:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
}

describe('secret bytes', () => {
  it('hold what they were made from, at any length', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 5000 }), (given) => {
      using secret = SecretBytes.from(given)
      assert.equal(secret.length, given.length)
      assert.deepEqual(secret.use((view) => Uint8Array.from(view)), given)
    }))
  })

  it('start zeroed and are filled in place', () => {
    assert.equal(reveal(SecretBytes.allocate(3)), '000000')
    assert.equal(reveal(SecretBytes.allocate(3, (view) => view.set([1, 2, 3]))), '010203')
  })

  it('wipe their source only when told to', () => {
    const kept = Uint8Array.of(1, 2)
    SecretBytes.from(kept)
    assert.deepEqual(kept, Uint8Array.of(1, 2))
    const wiped = Uint8Array.of(1, 2)
    assert.equal(reveal(SecretBytes.from(wiped, { wipeSource: true })), '0102')
    assert.deepEqual(wiped, Uint8Array.of(0, 0))
  })

  it('wipe their source even when they cannot be made', () => {
    const tooLong = new Uint8Array(MAX_SECRET_BYTES + 1).fill(1)
    throwsCode('secret-too-long', () => SecretBytes.from(tooLong, { wipeSource: true }))
    assert.ok(tooLong.every((byte) => byte === 0))
  })

  it('refuse a length that is negative, broken or above the limit', () => {
    for (const length of [-1, 1.5, Number.NaN, MAX_SECRET_BYTES + 1]) {
      throwsCode('secret-too-long', () => SecretBytes.allocate(length))
    }
  })

  it('lend a plain Uint8Array alone in its buffer, for libraries that take no Buffer or read the whole buffer', () => {
    SecretBytes.from(bytes).use((view) => {
      assert.equal(view.constructor, Uint8Array)
      assert.equal(view.buffer.byteLength, bytes.length)
    })
  })

  it('compare by content and length', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
      assert.equal(SecretBytes.from(a).equals(SecretBytes.from(b)), Buffer.compare(a, b) === 0)
    }))
  })

  it('copy to independent bytes', () => {
    const original = SecretBytes.from(bytes)
    const copy = original.copy()
    original.wipe()
    assert.equal(reveal(copy), Buffer.from(bytes).toString('hex'))
  })

  it('draw different random bytes each time', () => {
    assert.notEqual(reveal(SecretBytes.random(32)), reveal(SecretBytes.random(32)))
    assert.equal(SecretBytes.random(0).length, 0)
  })

  it('are never printed', () => {
    const secret = SecretBytes.from(bytes)
    const printed = [
      String(secret), JSON.stringify(secret), JSON.stringify({ secret }), inspect(secret),
      inspect({ nested: [secret] }, { showHidden: true, depth: 10 }), inspect(new Error('x', { cause: secret })),
      JSON.stringify(Object.entries(secret)),
    ]
    const numbers = [...bytes].join(',')
    for (const line of printed) {
      for (const form of [text, Buffer.from(bytes).toString('hex'), Buffer.from(bytes).toString('base64'), numbers]) {
        assert.ok(!line.replaceAll(/\s/g, '').includes(form.replaceAll(' ', '')), line)
      }
    }
    assert.equal(String(secret), '[secret]')
    assert.equal(JSON.stringify({ secret }), '{"secret":"[secret]"}')
    assert.equal(inspect(secret), '[secret]')
  })
})

describe('secret bytes: wiping', () => {
  it('ends every use, and may be repeated', () => {
    const secret = SecretBytes.from(bytes)
    secret.wipe()
    secret.wipe()
    assert.equal(secret.wiped, true)
    throwsCode('secret-wiped', () => secret.use(() => {}))
    throwsCode('secret-wiped', () => secret.copy())
    throwsCode('secret-wiped', () => secret.equals(SecretBytes.from(bytes)))
  })

  it('empties a view that was kept', () => {
    const secret = SecretBytes.from(bytes)
    const kept = secret.use((view) => view)
    secret.wipe()
    assert.equal(kept.length, 0)
  })

  it('happens at the end of a using block, also after an error', () => {
    const seen: SecretBytes[] = []
    assert.throws(() => {
      using secret = SecretBytes.from(bytes)
      seen.push(secret)
      throw new Error('stop')
    }, /stop/)
    assert.equal(seen[0]?.wiped, true)
  })

  it('happens at once where filling fails', () => {
    const memory = new LockedMemory()
    const seen: Uint8Array[] = []
    assert.throws(() => SecretBytes.allocate(8, (view) => {
      view.set([1, 2, 3])
      seen.push(view)
      throw new Error('stop')
    }, memory), /stop/)
    assert.equal(seen[0]?.length, 0)
    assert.equal(memory.lockedBytes, 0)
  })

  it('happens when a forgotten secret is collected', async () => {
    const memory = new LockedMemory()
    allocateAndForget(memory)
    for (let turn = 0; turn < 100 && memory.lockedBytes > 0; turn++) {
      collectGarbage()
      await nextTurn()
    }
    assert.equal(memory.lockedBytes, 0)
  })

  it('does not happen to a forgotten secret while an asynchronous borrower has it', async () => {
    const settled = Promise.withResolvers<void>()
    const borrowed = SecretBytes.from(bytes).use(async (view) => {
      await settled.promise
      return new TextDecoder().decode(view)
    })
    for (let turn = 0; turn < 5; turn++) {
      collectGarbage()
      await nextTurn()
    }
    settled.resolve()
    assert.equal(await borrowed, text)
  })
})

describe('locked memory', () => {
  it('is pinned by the kernel until wiped', async function () {
    if (process.platform !== 'linux') skip(this, 'reads /proc')
    await nextTurn()
    const before = lockedByKernel()
    const secret = SecretBytes.random(100_000)
    assert.ok(lockedByKernel() - before >= 97, 'pinned')
    secret.wipe()
    assert.ok(lockedByKernel() - before < 97, 'unpinned at once, not when collected')
  })

  it('is accounted in whole pages and given back', () => {
    const memory = new LockedMemory()
    const small = memory.allocate(1)
    const large = memory.allocate(5000)
    assert.equal(memory.lockedBytes, 4096 + 8192)
    small.release()
    small.release()
    assert.equal(memory.lockedBytes, 8192)
    large.release()
    assert.equal(memory.lockedBytes, 0)
  })

  it('is shared by the secrets of a process', () => {
    const before = processMemory.lockedBytes
    using secret = SecretBytes.random(32)
    assert.equal(processMemory.lockedBytes - before, 4096)
    assert.equal(secret.length, 32)
  })

  it('refuses to grow over its allowance, and serves again after a wipe', () => {
    const memory = new LockedMemory({ maxBytes: 8192 })
    const held = [SecretBytes.allocate(8, () => {}, memory), SecretBytes.allocate(8, () => {}, memory)]
    throwsCode('locked-memory-limit', () => SecretBytes.allocate(8, () => {}, memory))
    held[0]?.wipe()
    assert.equal(SecretBytes.allocate(8, () => {}, memory).length, 8)
  })

  it('bounds the blocks that wait to be unmapped, because running out of mappings aborts the process', async () => {
    const memory = new LockedMemory({ maxBlocks: 2 })
    memory.allocate(8).release()
    memory.allocate(8).release()
    throwsCode('locked-memory-limit', () => memory.allocate(8))
    await nextTurn()
    memory.allocate(8).release()
  })
})
