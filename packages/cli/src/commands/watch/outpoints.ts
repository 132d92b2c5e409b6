/** The list of coins that is kept beside what has a name: long, and given as a file or on standard input. */
import { addAbortSignal } from 'node:stream'
import { readPieces } from '@belfry/client'
import type { OutpointChange, OutpointProgress, WatchDesk } from '@belfry/node'
import type { Option } from 'commander'
import { option } from '../../command.ts'
import { type JsonObject, type Report, count } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { type DeskOptions, atDesk } from './desk.ts'

export interface OutpointsOptions {
  readonly outpoints?: string
}

interface Words {
  readonly stored: string
  readonly result: (change: OutpointChange) => JsonObject
  readonly human: (change: OutpointChange) => readonly string[]
}

const STDIN = '-'
const WHAT = 'a list of outpoints'
/** Between two words of it. */
const PROGRESS_MS = 1_000

export function outpointsOption(description: string): Option {
  return option('--outpoints <file>', `${description}: one TXID:VOUT a line; - reads it from standard input`)
}

/** @throws ClientError file-unreadable; WatchError, StoreError */
export async function addList(file: string, options: DeskOptions, shell: Shell): Promise<Report> {
  return await change(file, options, shell, (desk, pieces, progress) => desk.addOutpoints(pieces, progress), {
    stored: 'Outpoints stored',
    result: ({ changed, unchanged, listed }) => ({ added: changed, known: unchanged, listed_outpoints: listed }),
    human: ({ changed, unchanged, listed }) => [
      `${count(changed, 'outpoint')} added to the list${unchanged === 0 ? '' : `; ${unchanged} were given twice or on it before`}.`,
      `${count(listed, 'outpoint')} will be watched from the next start of the node on.`,
    ],
  })
}

/** Likewise. */
export async function removeList(file: string, options: DeskOptions, shell: Shell): Promise<Report> {
  return await change(file, options, shell, (desk, pieces, progress) => desk.removeOutpoints(pieces, progress), {
    stored: 'Outpoints removed',
    result: ({ changed, unchanged, listed }) => ({ removed: changed, not_listed: unchanged, listed_outpoints: listed }),
    human: ({ changed, unchanged, listed }) => [
      `${count(changed, 'outpoint')} removed from the list${unchanged === 0 ? '' : `; ${unchanged} were given twice or not on it`}.`,
      `${count(listed, 'outpoint')} left on it.`,
    ],
  })
}

async function change(
  file: string,
  options: DeskOptions,
  shell: Shell,
  work: (desk: WatchDesk, pieces: AsyncIterable<Uint8Array>, progress: OutpointProgress) => Promise<OutpointChange>,
  { stored, result, human }: Words,
): Promise<Report> {
  const done = await atDesk(options, shell, (desk) => work(desk, piecesOf(file, shell), progressOf(shell, stored)))
  return { result: result(done), human: () => human(done) }
}

function piecesOf(file: string, { output, signal }: Shell): AsyncIterable<Uint8Array> {
  if (file !== STDIN) return readPieces(file, WHAT, signal)
  if (process.stdin.isTTY) output.progress(`Reading ${WHAT} from standard input; end it with Ctrl-D.`)
  return addAbortSignal(signal, process.stdin)
}

function progressOf({ output, signal, now }: Shell, stored: string): OutpointProgress {
  let told_ms = now()
  return {
    signal,
    onRead(outpoints) {
      if (now() - told_ms < PROGRESS_MS) return
      told_ms = now()
      output.progress(`${count(outpoints, 'outpoint')} read`)
    },
    onStored: (outpoints, of) => output.count(stored, outpoints, of),
  }
}
