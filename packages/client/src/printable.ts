/** Control characters, line and paragraph ends, and whatever has no assigned meaning. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu

/** A stranger's text for a terminal or a log: one line, which moves no cursor and hides nothing. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, '?')
}

interface Words {
  readonly code: string
  readonly message: string
  readonly remedy: string
}

/** What a member says for itself, fit to be printed. */
export function wordsOf({ code, message, remedy }: Words): Words {
  return { code: printable(code), message: printable(message), remedy: printable(remedy) }
}
