import assert from 'node:assert/strict'
import { type NodeKey, peerIdOf } from '../../src/index.ts'

describe('peerIdOf', () => {
  // Each computed with @libp2p/peer-id 6.0.15. The first key is the Ed25519 vector of the libp2p peer-ids
  // specification, the next two are the first public keys of RFC 8032, 7.1.
  const KNOWN = [
    [
      '1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e',
      '12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq',
    ],
    [
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '12D3KooWQK1wnefoLrcVHbbnf5tLzbopUd3K3bFAoJpA7YJgL5pV',
    ],
    [
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '12D3KooWDwTirQce1RRKnasT5fPVFgzXCy6SiRgSwrwPGLC7zE91',
    ],
    ['00'.repeat(32), '12D3KooW9pNAk8aiBuGVQtWRdbkLmo5qVL3e2h5UxbN2Nz9ttwiw'],
    ['ff'.repeat(32), '12D3KooWT3gYEvLJyx1FyyHqrmvdy1tMjpgxmu9aSeKMEuafQtyC'],
  ] as const

  for (const [key, peerId] of KNOWN) {
    it(`derives ${peerId.slice(0, 14)}…`, () => {
      assert.equal(peerIdOf(key as NodeKey), peerId)
    })
  }
})
