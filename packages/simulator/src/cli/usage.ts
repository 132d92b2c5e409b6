import { STRATEGIES } from '../adversary/index.ts'
import { AWAITED } from '../invariants/index.ts'
import { PLANTED } from '../planted/index.ts'
import { FAULT_CLASSES } from '../run/index.ts'

export const USAGE_LIMITS = {
  default_seeds: 100,
  seed: 0xffff_ffff,
  least_members: 3,
  most_members: 64,
  jobs: 256,
  seconds: 1_000_000,
  ms: 1_000_000_000,
} as const

const WIDTH = 120

export const USAGE = `Usage: pnpm simulate [options]

Runs a federation in a deterministic world, once for each seed, and holds it to the protocol's invariants. The same seed
always gives the same run. docs/simulator.md explains what it does, and what to do about a failure.

Which runs
  --seeds N         how many seeds to run (default ${USAGE_LIMITS.default_seeds})
  --from S          the first of them (default 0)
  --seed S          this seed alone
  --corpus          the seeds of corpus.txt first; alone, unless --seeds, --from or --seconds asks for more
  --seconds T       begin no seed after T seconds; without --seeds as many as there is time for
  --jobs J          runs at a time (default: one for each core)

What happens in them
  --members M       members of the federation, ${USAGE_LIMITS.least_members} to ${USAGE_LIMITS.most_members} (default: drawn for each seed)
  --without A,B     leave out these classes of faults; the rest of each seed stays as it is
  --only A,B        leave out all others; "none" for all
  --mute X,Y        liars follow none of these strategies
  --calm-from MS    nothing new goes wrong by itself from then on
  --planted NAME    run with a planted bug, which is to be found

What is told
  --trace           with --seed: print everything that happens
  --coverage        print which pairs of input and state were never met, and in how many seeds each alert was due
  --planted-table   run every planted bug instead, and print what finds it
  --no-shrink       do not look for the smallest run that fails as the first failing seed does
  --json            print one JSON object as the last line of stdout
  --help            print this

Classes of faults: ${wrapped(FAULT_CLASSES)}
Strategies: ${wrapped(STRATEGIES.map(({ name }) => name))}
Planted bugs: ${wrapped(PLANTED.map(({ name }) => name))}
Not watched yet: ${AWAITED.map(({ name, needs }) => `${name}, which needs ${needs}`).join('; ')}

Exit code: 0 when every invariant held, 1 when one did not, 2 for wrong usage.
`



function wrapped(names: readonly string[]): string {
  const lines = ['']
  for (const name of names) {
    const last = lines.at(-1) ?? ''
    if (last.length + name.length + 2 > WIDTH) lines.push(name)
    else lines[lines.length - 1] = last === '' ? name : `${last}, ${name}`
  }
  return `\n  ${lines.join(',\n  ')}`
}
