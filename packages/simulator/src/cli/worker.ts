/** Runs the seeds that the main thread hands out, one at a time. */
import { parentPort, workerData } from 'node:worker_threads'
import { PLANTED } from '../planted/index.ts'
import { simulate } from '../run/index.ts'

/** What a worker is started with. */
export interface WorkerTask {
  readonly members: number | undefined
  /** The name of a planted bug. */
  readonly planted: string | undefined
}

const { members, planted: name } = workerData as WorkerTask
const planted = PLANTED.find((bug) => bug.name === name)

parentPort?.on('message', (seed: number) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port, no window
  parentPort?.postMessage(simulate({ seed, members, planted }))
})
