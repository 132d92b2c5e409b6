import type { ZmqAddresses } from '@belfry/bitcoind'
import { Publisher, Subscriber } from 'zeromq'

/** Passes on what bitcoind publishes, but for what a test wants lost. */
export interface ZmqRelay {
  readonly addresses: ZmqAddresses
  /** Says of each message whether it is lost. */
  loses: (topic: string, body: Uint8Array) => boolean
  /** How many were lost. */
  lost: number
  close(): void
}

export async function startZmqRelay(source: ZmqAddresses): Promise<ZmqRelay> {
  const publisher = new Publisher({ linger: 0 })
  await publisher.bind('tcp://127.0.0.1:*')
  const address = publisher.lastEndpoint
  if (address === null) throw new Error('the relay has an address')
  const subscriber = new Subscriber()
  subscriber.subscribe()
  for (const from of Object.values<string>({ ...source })) subscriber.connect(from)
  const relay: ZmqRelay = {
    addresses: { rawblock: address, rawtx: address, sequence: address },
    loses: () => false,
    lost: 0,
    close() {
      subscriber.close()
      publisher.close()
    },
  }
  void (async () => {
    for await (const frames of subscriber) {
      const [topic, body] = frames
      if (topic !== undefined && body !== undefined && relay.loses(topic.toString(), body)) {
        relay.lost += 1
        continue
      }
      if (!publisher.closed) await publisher.send(frames)
    }
  })()
  return relay
}
