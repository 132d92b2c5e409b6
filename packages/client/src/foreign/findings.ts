import { ClientError } from '../errors.ts'

/** One thing that was found at a vault of another scheme. */
export interface ForeignFinding {
  /** `refuse`: members cannot guard it so, or a transaction would never be mined. `note`: the owner should know. */
  readonly level: 'refuse' | 'note'
  /** One sentence, without bytes of any transaction. */
  readonly sentence: string
}

/** A vault of another scheme was refused: `findings` says all that is wrong with it. */
export class ForeignVaultRefused extends ClientError {
  readonly findings: readonly ForeignFinding[]

  constructor(findings: readonly ForeignFinding[]) {
    const [first] = findings
    const more = findings.length > 1 ? ` (and ${findings.length - 1} more findings)` : ''
    super(
      'custody-refused',
      `${first?.sentence ?? 'nothing found'}${more}`,
      'Correct what is said in the scheme that made these transactions; nothing was given to anybody.',
    )
    this.findings = findings
  }
}

/** Collects what is found, each with the place that it is about. */
export class Findings {
  readonly #found: ForeignFinding[] = []

  refuse(place: string, sentence: string): void {
    this.#found.push({ level: 'refuse', sentence: `${place}: ${sentence}` })
  }

  note(place: string, sentence: string): void {
    this.#found.push({ level: 'note', sentence: `${place}: ${sentence}` })
  }

  /** @throws ForeignVaultRefused where anything is refused */
  notes(): readonly ForeignFinding[] {
    const refused = this.#found.filter(({ level }) => level === 'refuse')
    if (refused.length > 0) throw new ForeignVaultRefused(refused)
    return this.#found
  }
}
