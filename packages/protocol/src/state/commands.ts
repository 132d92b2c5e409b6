/** What a member keeps of an owner's command. */
import { MAX_MEMBERS } from '../custody/limits.ts'
import { MAX_RECEIPT_FRAME_BYTES } from '../messages/owner-requests.ts'
import { type Command, decodeCommand, signedCommand } from '../owner/command.ts'
import { type Infer, type Schema, s } from '../primitives/index.ts'

/** An encoded notice frame without its attachment. */
export const MAX_NOTICE_FRAME_BYTES = MAX_RECEIPT_FRAME_BYTES

export const commandNoticeHeld = s.struct({ height: s.height, frame: s.blob(MAX_NOTICE_FRAME_BYTES) })

/** How a drill ended. */
export const drillEnd = s.oneOf('passed', 'failed', 'abandoned')
export type DrillEnd = Infer<typeof drillEnd>

const stored = s.struct({
  signed: signedCommand,
  /** When it first reached me: by my clock, and my tip. */
  seen_at_ms: s.millis,
  seen_height: s.height,
  /** My tip when I took it; null while it waits for its anchor to be deep enough, or for other members' word. */
  taken_height: s.nullable(s.height),
  /** Members that say when they took it. */
  notices: s.dict(s.memberIndex, commandNoticeHeld, MAX_MEMBERS),
  /** A drill's: what members say came of it. */
  reports: s.dict(s.memberIndex, s.blob(MAX_RECEIPT_FRAME_BYTES), MAX_MEMBERS),
  /** A drill's; null while it runs. */
  ended: s.nullable(s.struct({ status: drillEnd, height: s.height })),
})
type Stored = Infer<typeof stored>

/** A command that I hold, parsed once. */
export interface HeldCommand extends Stored {
  readonly command: Command
}

export const heldCommand: Schema<HeldCommand> = {
  write: (value) => stored.write(value),
  read: (reader) => parsedCommand(stored.read(reader)),
  decode: (value) => parsedCommand(stored.decode(value)),
  toJson: (value) => stored.toJson(value),
  fromJson: (value) => parsedCommand(stored.fromJson(value)),
}

export function parsedCommand(value: Stored): HeldCommand {
  return { ...value, command: decodeCommand(value.signed.bytes) }
}
