import assert from 'node:assert/strict'
import {
  type SequenceNotice, type ZmqAddresses, type ZmqCounters, type ZmqGap, type ZmqHandlers, ZmqSubscriber,
} from '../../../../src/chain/sources/index.ts'
import { pollUntil } from '../../support/stage.ts'

export type Heard =
  | { readonly kind: 'block' | 'transaction'; readonly bytes: Uint8Array }
  | { readonly kind: 'sequence'; readonly notice: SequenceNotice }
  | { readonly kind: 'gap'; readonly gap: ZmqGap }

/** A subscriber, and all that it told, in its order. */
export class Listener {
  readonly heard: Heard[] = []
  readonly counters: ZmqCounters = { zmq_messages: 0, zmq_malformed: 0, zmq_gaps: 0 }
  readonly subscriber: ZmqSubscriber
  /** Called with each before it is noted. */
  onHeard: ((heard: Heard) => void | Promise<void>) | null = null
  readonly ended: Promise<void>
  private readonly stopped = new AbortController()

  constructor(addresses: ZmqAddresses) {
    this.subscriber = new ZmqSubscriber(addresses, { counters: this.counters, signal: this.stopped.signal })
    const handlers: ZmqHandlers = {
      onBlock: (bytes) => this.note({ kind: 'block', bytes }),
      onTransaction: (bytes) => this.note({ kind: 'transaction', bytes }),
      onSequence: (notice) => this.note({ kind: 'sequence', notice }),
      onGap: (gap) => this.note({ kind: 'gap', gap }),
    }
    this.ended = this.subscriber.run(handlers)
    // Whoever waits for the end is told.
    this.ended.catch(() => undefined)
  }

  get gaps(): readonly ZmqGap[] {
    return this.heard.flatMap((one) => one.kind === 'gap' ? [one.gap] : [])
  }

  async when(what: string, isTrue: () => boolean): Promise<void> {
    await pollUntil(what, isTrue)
  }

  /** Until what is published is heard. @param publish something that is heard */
  async untilLive(publish: () => Promise<unknown>): Promise<void> {
    await pollUntil('a message by ZMQ', async () => {
      await publish()
      return this.subscriber.isLive
    })
  }

  async stop(): Promise<void> {
    this.stopped.abort()
    await this.ended
  }

  private note(heard: Heard): void | Promise<void> {
    const waiting = this.onHeard?.(heard)
    if (waiting === undefined) {
      this.heard.push(heard)
      return undefined
    }
    return waiting.then(() => void this.heard.push(heard))
  }
}

/** One address for all topics. */
export function allAt(address: string | null): ZmqAddresses {
  assert.ok(address !== null)
  return { rawblock: address, rawtx: address, sequence: address }
}
