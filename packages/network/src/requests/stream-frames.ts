import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { FrameDecoder, encodeFrame } from '../framing/frame.ts'
import { chunksOf } from '../host/chunks.ts'

/** The peer closed or reset the stream before its frame was complete. */
export class StreamEndedError extends Error {
  override readonly name = 'StreamEndedError'
}

interface ReadFrameOptions {
  readonly maxFrameBytes: number
  readonly signal: AbortSignal
  /** Hears the frame's length before its bytes are kept; what it throws ends the reading. */
  readonly onLength?: (length: number) => void
}

/**
 * The one frame that a stream carries in this direction; a byte after it ends the stream.
 * @throws FrameError, StreamEndedError, the signal's reason, what `onLength` throws
 */
export async function readFrame(stream: Stream, options: ReadFrameOptions): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const decoder = new FrameDecoder(options.maxFrameBytes, options.onLength)
  const onMessage = ({ data }: StreamMessageEvent): void => {
    try {
      for (const chunk of chunksOf(data)) for (const frame of decoder.push(chunk)) return resolve(frame)
    } catch (error) {
      reject(error)
    }
  }
  const onEnd = (): void => reject(new StreamEndedError('the stream ended before its frame'))
  const onAbort = (): void => reject(options.signal.reason)
  options.signal.addEventListener('abort', onAbort, { once: true })
  stream.addEventListener('end', onEnd)
  stream.addEventListener('close', onEnd)
  stream.addEventListener('message', onMessage)
  if (options.signal.aborted) onAbort()
  if (stream.status !== 'open' && stream.readBufferLength === 0) onEnd()
  try {
    const frame = await promise
    stream.maxReadBufferLength = 0
    return frame
  } finally {
    stream.removeEventListener('message', onMessage)
    stream.removeEventListener('close', onEnd)
    stream.removeEventListener('end', onEnd)
    options.signal.removeEventListener('abort', onAbort)
  }
}

/** Sends the one frame of this direction and closes the direction; resolves once the transport has the bytes. */
export async function writeFrame(stream: Stream, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  stream.send(encodeFrame(bytes))
  await stream.close({ signal })
}
