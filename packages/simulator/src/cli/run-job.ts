import { PLANTED } from '../planted/index.ts'
import { type Report, simulate } from '../run/index.ts'
import type { Job } from './pool.ts'

export function runJob({ planted: name, without, muted, ...rest }: Job, trace?: (line: string) => void): Report {
  const planted = PLANTED.find((bug) => bug.name === name)
  return simulate({ ...rest, planted, without: new Set(without), muted: new Set(muted), trace })
}
