import type { Stream } from '@libp2p/interface'

/** Long enough to be worth a timer, short enough that a wrong guess costs nothing. */
const PAUSE_MAX_MS = 5_000

/**
 * Stops reading for a while: the peer's send window runs out and its own queue holds the rest, while what has arrived
 * stays in the stream's buffer, which the window bounds. Returns whether it was reading before.
 */
export function pauseReading(stream: Stream, wait_ms: number): boolean {
  if (stream.status !== 'open' || stream.readStatus !== 'readable') return false
  stream.pause()
  const timer = setTimeout(() => {
    stream.removeEventListener('close', onClose)
    if (stream.status === 'open' && stream.readStatus === 'paused') stream.resume()
  }, Math.min(wait_ms, PAUSE_MAX_MS))
  const onClose = (): void => clearTimeout(timer)
  stream.addEventListener('close', onClose, { once: true })
  return true
}
