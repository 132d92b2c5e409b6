import assert from 'node:assert/strict'
import {
  type Card,
  FederationError,
  type FederationErrorCode,
  type PeerId,
  cardDigest,
  cardSchema,
  formatJson,
  fromHex,
  makeCard,
  parseCard,
  peerIdOf,
  verifyCard,
} from '../../src/index.ts'
import { keyringNamed, memberCard, ownerCard, ports } from './fixture.ts'

const codesOf = (card: Card): FederationErrorCode[] => verifyCard(ports, card).map(({ code }) => code)

/** A card as its holder could sign it with a tool of his own. */
function signedAnyhow(name: string, changes: Partial<Card>): Card {
  const card = { ...memberCard(name), ...changes }
  return { ...card, signature: keyringNamed(name).ports.sign(fromHex(cardDigest(ports, card))) }
}

describe('card', () => {
  it('of a member, an owner and a guardian verifies and survives its file', () => {
    for (const card of [memberCard('alice'), ownerCard('treasury'), ownerCard('notary', 'guardian')]) {
      const read = parseCard(formatJson(cardSchema, card))
      assert.deepEqual(read, card)
      assert.deepEqual(verifyCard(ports, read), [])
    }
  })

  it('carries the peer id of its node key', () => {
    const card = memberCard('alice')
    assert.equal(card.peer_id, peerIdOf(card.node_key))
  })

  it('that was changed in any field after signing is found', () => {
    const card = memberCard('alice')
    const other = memberCard('bob')
    const changes: Partial<Card>[] = [
      { role: 'guardian' },
      { name: 'alicia' },
      { node_key: other.node_key },
      { peer_id: other.peer_id },
      { encryption_key: other.encryption_key },
      { encryption_key: null },
      { owner_key: ownerCard('treasury').owner_key },
      { addresses: [] },
      { addresses: [...card.addresses, '/ip4/192.0.2.1/tcp/1'] },
      { signature: other.signature },
      { signature: new Uint8Array(64) },
    ]
    for (const change of changes) {
      assert.ok(codesOf({ ...card, ...change }).includes('card-signature-wrong'), JSON.stringify(Object.keys(change)))
    }
  })

  it('whose signature is of the right key but of another kind of statement is refused', () => {
    const { ports: alice } = keyringNamed('alice')
    const card = memberCard('alice')
    assert.deepEqual(codesOf({ ...card, signature: alice.sign(new Uint8Array(32)) }), ['card-signature-wrong'])
  })

  it('with the peer id of another key is refused even when well signed', () => {
    assert.deepEqual(codesOf(signedAnyhow('alice', { peer_id: memberCard('bob').peer_id })), ['card-peer-id-differs'])
    assert.deepEqual(codesOf(signedAnyhow('alice', { peer_id: '12D3KooW' as PeerId })), ['card-peer-id-differs'])
  })

  it('with the keys of another role is refused even when well signed', () => {
    const { owner_key } = ownerCard('treasury')
    const { encryption_key } = memberCard('alice')
    const wrong: Partial<Card>[] = [
      { encryption_key: null },
      { owner_key },
      { role: 'owner' },
      { role: 'owner', owner_key },
      { role: 'guardian', encryption_key: null },
    ]
    for (const changes of wrong) {
      assert.deepEqual(codesOf(signedAnyhow('alice', changes)), ['card-keys-wrong-for-role'], JSON.stringify(changes))
    }
    assert.deepEqual(codesOf(signedAnyhow('alice', { role: 'owner', encryption_key: null, owner_key })), [])
    assert.deepEqual(codesOf(signedAnyhow('alice', { encryption_key })), [])
  })

  it('may end its addresses in its own peer id and no other', () => {
    const [own, other] = [memberCard('alice').peer_id, memberCard('bob').peer_id]
    const at = (peer: string) => [`/ip4/192.0.2.1/tcp/9735/p2p/${peer}`]
    assert.deepEqual(codesOf(signedAnyhow('alice', { addresses: at(own) })), [])
    assert.deepEqual(codesOf(signedAnyhow('alice', { addresses: at(other) })), ['card-address-of-other'])
    const relayed = [`/ip4/192.0.2.1/tcp/1/p2p/${other}/p2p-circuit/p2p/${own}`]
    assert.deepEqual(codesOf(signedAnyhow('alice', { addresses: relayed })), [])
  })

  it('is not made where it would not verify', () => {
    const { ports, node_key, encryption_key } = keyringNamed('alice')
    const init = { role: 'member' as const, name: 'alice', node_key, encryption_key, owner_key: null, addresses: [] }
    assert.deepEqual(verifyCard(ports, makeCard(ports, init)), [])
    const isCode = (code: FederationErrorCode) => (error: unknown) =>
      error instanceof FederationError && error.code === code
    assert.throws(() => makeCard(ports, { ...init, encryption_key: null }), isCode('card-keys-wrong-for-role'))
    assert.throws(() => makeCard(keyringNamed('bob').ports, init), isCode('card-signature-wrong'))
  })
})
