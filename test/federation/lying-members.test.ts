import assert from 'node:assert/strict'
import { NO_DISCRIMINATOR, type Frame, type Header, REJECT_CODES, decodeFrame, decodeHeader, encodeBody, encodeFrame, incidentIdOf } from '../../packages/protocol/src/index.ts'
import { sha256 } from '../../packages/keystore/src/index.ts'
import type { Millis } from '../../packages/protocol/src/primitives/index.ts'
import { signedBy } from '../support/federation.ts'
import { Scene, transactionOf } from '../support/vaults.ts'

/** Above any that the member's process had: what the liar says is news. */
const BOOT = 0xff00_0000

/** Frames of a member whose key is in the wrong hands. */
class Liar {
  readonly scene: Scene
  readonly member: number
  #seq = 1_000_000

  constructor(scene: Scene, member: number) {
    this.scene = scene
    this.member = member
  }

  frame(kind: string, body: Uint8Array, change: Partial<Header> = {}, attachment: Uint8Array | null = null): Frame {
    const { federation, keys: all } = this.scene.setting
    const { index, node_key } = federation.memberOf(this.scene.index(this.member))
    const keys = all.find((one) => one.nodePublicKey === node_key)
    assert.ok(keys)
    this.#seq += 1
    const sent_at = this.scene.members.now_ms as Millis
    return signedBy({ federation, index, keys }, { kind, boot: BOOT, seq: this.#seq, sent_at, body, ...change }, attachment)
  }

  vote(anchor = this.scene.height - 1): Frame {
    const [vault_id] = this.scene.members.state(1).durable.vaults.keys()
    assert.ok(vault_id)
    const incident_id = incidentIdOf({ sha256 }, vault_id, 'theft')
    const raw = transactionOf('a theft that nobody saw')
    const body = encodeBody('vote', {
      vault_id,
      trigger: 'theft',
      discriminator: NO_DISCRIMINATOR, incident_id,
      action: 'clawback',
      anchor_height: anchor as never,
      witness_txid: raw.wtxid,
    })
    return this.frame('vote', body, {}, raw.raw)
  }

  /** Gives bytes to all others, and returns what honest members made of them. */
  async tell(bytes: Uint8Array, channel: 'gossip' | 'stream' = 'gossip'): Promise<Set<string>> {
    const { members } = this.scene
    const before = members.verdicts.length
    for (const { index } of this.scene.setting.federation.members) {
      if (index === this.member) continue
      members.step(index, { kind: 'frame', peer: this.scene.index(this.member), channel, bytes, token: null })
    }
    await members.settle()
    const mine = members.verdicts.slice(before).filter(({ peer }) => peer === this.member)
    return new Set(mine.map(({ code }) => code))
  }
}

/** No honest member's frame is ever rejected by another. */
function assertNoneRejected(scene: Scene, liars: readonly number[]): void {
  const rejecting: ReadonlySet<string> = new Set(REJECT_CODES)
  const wrong = scene.members.verdicts.filter(({ peer, code }) => rejecting.has(code) && !liars.includes(peer))
  assert.deepEqual(wrong, [])
}

describe('members that lie', () => {
  it('release nothing by voting, two of them, for a theft that nobody saw; and are named', async () => {
    const scene = await Scene.guarded()
    for (const member of [1, 2]) await new Liar(scene, member).tell(encodeFrame(new Liar(scene, member).vote()))
    await scene.connectMany(2)
    assert.deepEqual(scene.tells('share-released'), [])
    assert.deepEqual(scene.tells('certified'), [])
    assert.deepEqual(new Set(scene.tells('unfounded-vote').map(({ member }) => member)), new Set([1, 2]))
    assertNoneRejected(scene, [1, 2])
  })

  it('release nothing even with a certificate, where honest members see no theft', async () => {
    const scene = await Scene.guarded()
    for (const member of [1, 2, 3]) await new Liar(scene, member).tell(encodeFrame(new Liar(scene, member).vote()))
    assert.ok(scene.tells('certified').length > 0)
    await scene.connectMany(2)
    assert.deepEqual(scene.tells('share-released'), [])
  })

  it('do not keep the others from answering a real theft', async () => {
    const scene = await Scene.guarded()
    await new Liar(scene, 1).tell(encodeFrame(new Liar(scene, 1).vote()))
    await scene.theftConfirmed()
    assert.ok(scene.broadcast().length > 0)
    assertNoneRejected(scene, [1])
  })

  it('are convicted by two messages under one number, and the evidence is kept once', async () => {
    const scene = await Scene.guarded()
    const liar = new Liar(scene, 3)
    const same = { boot: BOOT, seq: 5_000_000 }
    for (const anchor of [90, 91, 91]) {
      const { signed } = liar.vote(anchor)
      const body = decodeHeader(signed).body
      await liar.tell(encodeFrame(liar.frame('vote', body, same, null)))
    }
    for (const member of [1, 2, 4, 5]) {
      const kept = [...scene.members.state(member).durable.evidence.values()]
      assert.equal(kept.length, 1)
      assert.equal(kept[0]?.member, 3)
      assert.notDeepEqual(kept[0]?.first.signed, kept[0]?.second.signed)
    }
    assert.ok(scene.tells('evidence').every(({ member }) => member === 3))
  })

  it('are named for a share that does not match its commitment, and the clawback goes on without it', async () => {
    const scene = await Scene.guarded()
    const spoil = scene.index(3)
    scene.members.spoilSharesOf(spoil)
    await scene.theftConfirmed()
    assert.ok(scene.tells('bad-share').length > 0)
    assert.ok(scene.tells('bad-share').every(({ member }) => member === 3))
    assert.ok(scene.broadcast().length > 0)
  })

  it('get one verdict for each thing that is wrong', async () => {
    const scene = await Scene.guarded()
    const liar = new Liar(scene, 2)
    const heartbeat = decodeHeader(liar.frame('heartbeat', new Uint8Array()).signed)
    const vote = decodeHeader(liar.vote().signed)
    const valid = liar.vote()
    const forged = { ...valid, signature: new Uint8Array(64) }
    const cases: [string, Uint8Array][] = [
      ['oversize', new Uint8Array(600_000)],
      ['malformed', new Uint8Array([0xff])],
      ['malformed', encodeFrame({ ...valid, signed: new Uint8Array([1]) })],
      ['malformed', encodeFrame(liar.frame('heartbeat', heartbeat.body))],
      ['unknown-version', encodeFrame(liar.frame('vote', vote.body, { version: 2 }))],
      ['unknown-kind', encodeFrame(liar.frame('gossip-about-the-weather', vote.body))],
      ['foreign-lock', encodeFrame(liar.frame('vote', vote.body, { lock_prefix: '00'.repeat(8) }))],
      ['other-epoch', encodeFrame(liar.frame('vote', vote.body, { epoch: 7 }))],
      ['not-a-member', encodeFrame(liar.frame('vote', vote.body, { from: 60 as never }))],
      ['wrong-peer-id', encodeFrame(liar.frame('vote', vote.body, { from: 1 as never }))],
      ['bad-signature', encodeFrame(forged)],
      ['bad-attachment', encodeFrame({ ...valid, attachment: new Uint8Array([1, 2, 3]) })],
      ['wrong-channel', encodeFrame(liar.frame('release', vote.body))],
    ]
    for (const [code, bytes] of cases) assert.deepEqual(await liar.tell(bytes), new Set([code]), code)
    assert.deepEqual(await liar.tell(encodeFrame(valid)), new Set(['accepted']), 'a forged copy does not shut out the true one')
    assert.deepEqual(await liar.tell(encodeFrame(valid)), new Set(['duplicate']))
  })

  it('are ignored, not rejected, for what a later version may send', async () => {
    const scene = await Scene.guarded()
    const liar = new Liar(scene, 2)
    const frame = decodeFrame(encodeFrame(liar.vote()))
    const body = decodeHeader(frame.signed).body
    // A map of one more entry: the count in its first byte, and a field "zzz" at the end of the canonical order.
    const wider = new Uint8Array([...body, 0x6f, ...Buffer.from('zzzzzzzzzzzzzzz'), 0x00])
    wider[0] = (body[0] ?? 0) + 1
    assert.deepEqual(await liar.tell(encodeFrame(liar.frame('vote', wider))), new Set(['unknown-field']))
  })

  it('take no room from others by flooding', async () => {
    const scene = await Scene.guarded()
    const liar = new Liar(scene, 2)
    for (let sent = 0; sent < 2_000; sent++) await liar.tell(encodeFrame(liar.vote()))
    const ignored = scene.members.verdicts.filter(({ code }) => code === 'sender-over-budget')
    assert.ok(ignored.length > 0 && ignored.every(({ peer }) => peer === 2))
    await scene.theftConfirmed()
    assert.ok(scene.broadcast().length > 0)
    assertNoneRejected(scene, [2])
    assert.ok(scene.members.verdicts.every(({ peer, code }) => peer === 2 || !code.endsWith('over-budget')))
  })
})
