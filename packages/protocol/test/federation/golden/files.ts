import {
  type Millis,
  cardSchema,
  changeSchema,
  consentSchema,
  definitionSchema,
  formatJson,
  lockSchema,
  lockSignatureSchema,
} from '../../../src/index.ts'
import { changeOf, consentsTo, definitionOf, lockOf, memberCard, nextLockOf, ownerCard, signatureOf } from '../fixture.ts'

/** Each golden file as today's code writes it, from fixed keys. */
export function goldenFiles(): Record<string, string> {
  const names = ['Bern', 'Lima', 'Oslo', 'tower-2', 'tower-10']
  const definition = definitionOf(names, {
    name: 'Golden federation',
    network: 'signet',
    thresholds: { emergency: { q: 3, t: 4 } },
    timing: { heartbeat_ms: 5_000 as Millis },
  })
  const lock = lockOf(definition)
  const change = changeOf(lock, { add: [memberCard('Rome')], remove: ['tower-10'] })
  const [consent] = consentsTo(change, ['Lima'])
  return {
    'member.card.json': formatJson(cardSchema, memberCard('Bern')),
    'owner.card.json': formatJson(cardSchema, ownerCard('Treasury')),
    'federation.definition.json': formatJson(definitionSchema, definition),
    'belfry-signature.json': formatJson(lockSignatureSchema, signatureOf('Oslo', definition)),
    'federation.lock.json': formatJson(lockSchema, lock),
    'federation.change.json': formatJson(changeSchema, change),
    ...(consent ? { 'belfry-consent.json': formatJson(consentSchema, consent) } : {}),
    'federation.next.lock.json': formatJson(lockSchema, nextLockOf(change)),
  }
}
