import {
  type Millis,
  cardSchema,
  definitionSchema,
  formatJson,
  lockSchema,
  lockSignatureSchema,
} from '../../../src/index.ts'
import { definitionOf, lockOf, memberCard, ownerCard, signatureOf } from '../fixture.ts'

/** Each golden file as today's code writes it, from fixed keys. */
export function goldenFiles(): Record<string, string> {
  const names = ['Bern', 'Lima', 'Oslo', 'tower-2', 'tower-10']
  const definition = definitionOf(names, {
    name: 'Golden federation',
    network: 'signet',
    thresholds: { emergency: { q: 3, t: 4 } },
    timing: { heartbeat_ms: 5_000 as Millis },
  })
  return {
    'member.card.json': formatJson(cardSchema, memberCard('Bern')),
    'owner.card.json': formatJson(cardSchema, ownerCard('Treasury')),
    'federation.definition.json': formatJson(definitionSchema, definition),
    'belfry-signature.json': formatJson(lockSignatureSchema, signatureOf('Oslo', definition)),
    'federation.lock.json': formatJson(lockSchema, lockOf(definition)),
  }
}
