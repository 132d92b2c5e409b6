/** Colour and weight for people; plain text everywhere else. */
export type Mark = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Wraps text in the terminal's codes, or returns it as it is. */
export type Style = (mark: Mark, text: string) => string

const CODES: Record<Mark, readonly [on: number, off: number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
}

const coloured: Style = (mark, text) => {
  const [on, off] = CODES[mark]
  return `\u001b[${on}m${text}\u001b[${off}m`
}

export const plain: Style = (_mark, text) => text

/** Only on a terminal, and never where NO_COLOR (https://no-color.org) is set to anything. */
export function styleFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Style {
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return stream.isTTY === true && !refused ? coloured : plain
}

// The codes that `coloured` writes, which take no room on the screen.
// eslint-disable-next-line no-control-regex
const MARKS = /\u001b\[[0-9]+m/g

// Control characters, and whatever else has no place in a line; the codes that `coloured` writes pass.
// eslint-disable-next-line no-control-regex
const HARMFUL = /(?!\u001b\[(?:1|22?|3[12369])m)\p{C}/gu

/** One line that moves no cursor and hides nothing, whoever named what is told in it. */
export function fitToPrint(line: string): string {
  return line.replaceAll(HARMFUL, '?')
}

/** The characters that a reader sees. */
export function visibleLength(text: string): number {
  return text.replaceAll(MARKS, '').length
}
