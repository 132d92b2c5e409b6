/** Runs what the main thread hands out, one at a time. */
import { parentPort } from 'node:worker_threads'
import type { Job } from './pool.ts'
import { runJob } from './run-job.ts'

parentPort?.on('message', (job: Job) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port, no window
  parentPort?.postMessage(runJob(job))
})
