import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { SendQueue } from '../../src/members/send-queue.ts'

describe('a send queue', () => {
  it('behaves like a list that drops its oldest beyond its bounds', () => {
    const operation = fc.oneof(fc.constant(null), fc.uint8Array({ minLength: 1, maxLength: 30 }))
    fc.assert(fc.property(fc.array(operation, { maxLength: 100 }), (operations) => {
      const queue = new SendQueue(5, 60)
      const model: Uint8Array[] = []
      for (const frame of operations) {
        if (frame === null) {
          assert.deepEqual(queue.peek(), model[0])
          assert.deepEqual(queue.shift(), model.shift())
        } else {
          model.push(frame)
          let dropped = 0
          while (model.length > 5 || model.reduce((sum, { length }) => sum + length, 0) > 60) {
            model.shift()
            dropped++
          }
          assert.equal(queue.push(frame), dropped)
        }
        assert.equal(queue.length, model.length)
        assert.equal(queue.bytes, model.reduce((sum, { length }) => sum + length, 0))
      }
    }))
  })

  it('is empty after clear', () => {
    const queue = new SendQueue(5, 60)
    queue.push(new Uint8Array(3))
    queue.clear()
    assert.deepEqual([queue.length, queue.bytes, queue.shift()], [0, 0, undefined])
  })
})
