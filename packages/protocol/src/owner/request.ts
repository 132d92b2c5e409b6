/** A command that an owner's client hands over itself. */
import { refuse, reply } from '../custody/enrolment.ts'
import { encodeFrame } from '../messages/frame.ts'
import type { CommandRequest } from '../messages/owner-requests.ts'
import { SchemaError } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import { type Command, commandHash, decodeCommand } from './command.ts'
import { destructionReceipt } from './destroy.ts'
import { offerCommand } from './taking.ts'

/** Any admitted owner may hand it over, a guardian's too: its signatures alone say what it is worth. */
export function onCommandRequest(turn: Turn, request_id: number, peer_id: string, { signed }: CommandRequest): void {
  if (!turn.config.owners.some((one) => one.peer_id === peer_id)) return refuse(turn, request_id, 'owner-not-admitted')
  const command = read(signed.bytes)
  if (command === null) return refuse(turn, request_id, 'malformed-request')
  const taken = offerCommand(turn, signed, null)
  const receipt = command.what.order === 'destroy' ? destructionReceipt(turn, command.vault_id) : null
  if (receipt !== null) return reply(turn, request_id, { answer: 'receipt', frame: encodeFrame(receipt) })
  if (typeof taken === 'string') return refuse(turn, request_id, taken)
  reply(turn, request_id, { answer: 'command', command_hash: commandHash(turn.ports, signed.bytes), ...taken })
}

function read(bytes: Uint8Array): Command | null {
  try {
    return decodeCommand(bytes)
  } catch (error) {
    if (error instanceof SchemaError) return null
    throw error
  }
}
