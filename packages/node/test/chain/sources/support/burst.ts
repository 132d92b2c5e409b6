import { Publisher } from 'zeromq'

/**
 * A process of its own that publishes as bitcoind does. It says its address; then, at each number that it is told, it
 * publishes so many transactions with their acceptances, as fast as it can, and says how many that are since its start.
 * Argument: its high water mark.
 */
const publisher = new Publisher({ linger: 10_000, sendHighWaterMark: Number(process.argv[2]) })
await publisher.bind('tcp://127.0.0.1:*')
const BODY = Buffer.alloc(300, 1)
let next = 0

function numberOf(value: number): Buffer {
  const number = Buffer.alloc(4)
  number.writeUInt32LE(value)
  return number
}

async function publish(transactions: number): Promise<number> {
  const acceptance = Buffer.alloc(41)
  acceptance[32] = 'A'.charCodeAt(0)
  for (let i = 0; i < transactions; i++) {
    acceptance.writeUInt32LE(next, 33)
    await publisher.send(['rawtx', BODY, numberOf(next)])
    await publisher.send(['sequence', acceptance, numberOf(next)])
    next += 1
  }
  return next
}

async function answer(transactions: number): Promise<void> {
  const published = await publish(transactions)
  process.send?.(published)
}

process.on('message', (transactions: number) => void answer(transactions))
process.on('disconnect', () => publisher.close())
process.send?.(publisher.lastEndpoint)
