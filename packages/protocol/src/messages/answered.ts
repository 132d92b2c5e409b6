import { type Infer, s } from '../primitives/index.ts'

/** The end of an answer to a Pull: by it the asker knows that the member has told it everything, or that there is more. */
export const answered = s.struct({
  /** The Pull's own number. */
  pull_seq: s.uint(Number.MAX_SAFE_INTEGER),
  /** False where the answer's budget or limit ended it early. */
  is_complete: s.bool,
})
export type Answered = Infer<typeof answered>
