/**
 * A scenario as text, in the way of etcd/raft's data-driven tests: blocks of one command and all that came of it.
 *
 *     theft vault
 *     ----
 *     1 sees theft of vault
 *     …
 *
 * A blank line ends a block. Lines that begin with # are remarks, and stay where they are.
 */
export interface Block {
  /** Remarks and blank lines before the command, as they are written. */
  readonly before: readonly string[]
  readonly command: string
  readonly expected: readonly string[]
}

export interface ScenarioText {
  readonly blocks: readonly Block[]
  /** Remarks after the last block. */
  readonly after: readonly string[]
}

const RULE = '----'

/** @throws RangeError with the line that is wrong */
export function parseScenario(text: string): ScenarioText {
  const lines = text.replace(/\n$/, '').split('\n')
  const blocks: Block[] = []
  let before: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line === '' || line.startsWith('#')) {
      before.push(line)
      continue
    }
    if (lines[at + 1] !== RULE) throw new RangeError(`line ${at + 2}: expected ${RULE} after the command ${line}`)
    const expected: string[] = []
    for (at += 2; at < lines.length && lines[at] !== ''; at++) expected.push(lines[at] ?? '')
    at -= 1
    blocks.push({ before, command: line, expected })
    before = []
  }
  return { blocks, after: before }
}

export function formatScenario({ blocks, after }: ScenarioText): string {
  const lines = blocks.flatMap(({ before, command, expected }) => [...before, command, RULE, ...expected])
  return `${[...lines, ...after].join('\n')}\n`
}
