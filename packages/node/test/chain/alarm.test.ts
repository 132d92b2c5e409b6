import assert from 'node:assert/strict'
import { Alarm } from '../../src/chain/alarm.ts'

const FOR_EVER_MS = 600_000

describe('the alarm', () => {
  it('wakes the sleeper', async () => {
    const alarm = new Alarm()
    const sleep = alarm.wait(FOR_EVER_MS, new AbortController().signal)
    alarm.ring()
    await sleep
  })

  it('keeps rings that nobody heard, as one', async () => {
    const alarm = new Alarm()
    const { signal } = new AbortController()
    alarm.ring()
    alarm.ring()
    await alarm.wait(FOR_EVER_MS, signal)
    let isAwake = false
    const sleep = alarm.wait(FOR_EVER_MS, signal).then(() => {
      isAwake = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isAwake, false)
    alarm.ring()
    await sleep
  })

  it('ends with the time, and with the signal', async () => {
    const controller = new AbortController()
    const alarm = new Alarm()
    await alarm.wait(1, controller.signal)
    const sleep = alarm.wait(FOR_EVER_MS, controller.signal)
    controller.abort()
    await sleep
    await alarm.wait(FOR_EVER_MS, controller.signal)
  })
})
