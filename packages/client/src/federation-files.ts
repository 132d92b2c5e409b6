/** The federation's files as text; they are read by the parsers of the protocol. */
import {
  type Card,
  type Change,
  type Consent,
  type Definition,
  type Lock,
  type LockSignature,
  cardSchema,
  changeSchema,
  consentSchema,
  definitionSchema,
  lockSchema,
  lockSignatureSchema,
} from '@belfry/protocol'
import { formatJson } from '@belfry/protocol/primitives'

export function cardToJson(card: Card): string {
  return formatJson(cardSchema, card)
}

export function definitionToJson(definition: Definition): string {
  return formatJson(definitionSchema, definition)
}

export function lockSignatureToJson(signature: LockSignature): string {
  return formatJson(lockSignatureSchema, signature)
}

export function lockToJson(lock: Lock): string {
  return formatJson(lockSchema, lock)
}

export function changeToJson(change: Change): string {
  return formatJson(changeSchema, change)
}

export function consentToJson(consent: Consent): string {
  return formatJson(consentSchema, consent)
}
