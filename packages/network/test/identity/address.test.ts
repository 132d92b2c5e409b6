import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { isMultiaddr } from '../../src/index.ts'
import { addressOfPeer } from '../../src/identity/address.ts'
import { identityNamed } from '../support/identities.ts'

const { peerId } = identityNamed('a')

describe('an address', () => {
  it('is an IP address or a name with a TCP port, perhaps with a peer id', () => {
    for (const text of ['/ip4/203.0.113.7/tcp/9735', '/ip6/::1/tcp/1', '/dns4/belfry.example/tcp/9735',
      '/dns/a.example/tcp/9', `/ip4/127.0.0.1/tcp/9735/p2p/${peerId}`]) {
      assert.equal(isMultiaddr(text), true, text)
    }
  })

  it('is nothing else', () => {
    for (const text of ['', '/', 'tcp://1.2.3.4:5', '/ip4/203.0.113.7', '/ip4/203.0.113.7/udp/1', '/ip4/1.2.3/tcp/1',
      '/ip4/1.2.3.4/tcp/70000', '/ip4/1.2.3.4/tcp/1/ws', `/p2p/${peerId}`, '/dnsaddr/bootstrap.libp2p.io',
      `/ip4/1.2.3.4/tcp/1/p2p/${peerId}/p2p-circuit`, `/dns4/${'a'.repeat(1000)}/tcp/1`]) {
      assert.equal(isMultiaddr(text), false, text)
    }
  })

  it('of a member ends in its peer id', () => {
    const whole = `/ip4/127.0.0.1/tcp/1/p2p/${peerId}`
    assert.equal(addressOfPeer('/ip4/127.0.0.1/tcp/1', peerId)?.toString(), whole)
    assert.equal(addressOfPeer(whole, peerId)?.toString(), whole)
    const other = identityNamed('b').peerId
    assert.equal(addressOfPeer(`/ip4/127.0.0.1/tcp/1/p2p/${other}`, peerId), null)
    assert.equal(addressOfPeer('/ip4/127.0.0.1/udp/1', peerId), null)
  })

  it('made of anything is one or not, without an error', () => {
    fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => {
      assert.equal(typeof isMultiaddr(`/${text}`), 'boolean')
    }))
  })
})
