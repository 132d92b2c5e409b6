import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { Thief } from '../../packages/cli/src/demo/scene/thief.ts'
import { setUpVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { belfry } from '../../packages/cli/test/support/belfry.ts'
import { sha256 } from '../../packages/keystore/src/index.ts'
import { broadcasterOrder, decodeFrame, decodeHeader, encodeFrame } from '../../packages/protocol/src/index.ts'
import type { Hash32, IncidentId } from '../../packages/protocol/src/primitives/index.ts'
import { useCluster } from '../support/cluster.ts'
import { Liar } from '../support/liar.ts'
import {
  type Vaulted, certificateOf, falseVote, garbageShare, inTheNameOf, madeUpTheft, otherShare, pullForAll, vaulted,
} from '../support/liar-lies.ts'
import { countAt, counted, logOf, named, refusedAt, rejectedOf } from '../support/liar-traces.ts'
import { TEST_LIMIT_MS, clawbackAt, clawedBack, eventually, incidentAt, mineEverywhere, relayed, told, vaultAt } from '../support/watch.ts'

const SMALL_FRAMES = 8_000
const LARGE_FRAMES = 60
const LARGE_BYTES = 390_000
const REPLAYS = 4_000

describe('two members of five that lie', function () {
  this.timeout(TEST_LIMIT_MS)
  const cluster = useCluster()
  let one: Vaulted
  let liars: readonly Liar[]
  let honest: readonly Member[]
  let first: Liar
  let second: Liar
  /** Where honest members stand; lies are told relative to it. */
  let tip = 0

  before(async () => {
    const { federation, members } = cluster()
    one = vaulted(await setUpVault(cluster(), { name: 'lied about', act_at: 'confirmation' }))
    // The two that will be handed shares first, when a theft comes: those that do most harm by hoarding them.
    const order = broadcasterOrder({ sha256 }, federation.lock_hash, one.incident_id, federation.members.map(({ index }) => index))
    const lying = order.slice(0, federation.b + 1).map((index) => cluster().member(index))
    honest = members.filter((member) => !lying.includes(member))
    liars = await Promise.all(lying.map((member) => Liar.inPlaceOf(member, cluster())))
    const [a, b] = liars
    assert.ok(a && b)
    first = a
    second = b
    await Promise.all(liars.map((liar) => liar.connectedWith(honest)))
    tip = (await honest[0]?.api.status())?.chain.tip?.height ?? assert.fail('the tip is known')
  })

  after(async () => {
    await Promise.all((liars ?? []).map((liar) => liar.stop()))
  })

  afterEach(async () => {
    await honestGoOn()
    for (const member of honest) {
      assert.deepEqual(await rejectedOf(member, honest), [], `${member.name} rejects nothing of honest members`)
      const blamed = (await logOf(member)).filter(({ event, member: culprit }) =>
        ['frame-refused', 'evidence', 'bad-share', 'unfounded-vote'].includes(event) && !liars.some(({ index }) => index === culprit))
      assert.deepEqual(blamed, [], `${member.name} blames nobody honest`)
    }
  })

  /** Until each honest member has heard each other again, by gossip, and is ready. */
  async function honestGoOn(): Promise<void> {
    const since = Date.now()
    await Promise.all(honest.map((member) => eventually(`${member.name} hears the other honest members`, async () => {
      const peers = await member.api.peers()
      return honest.filter((other) => other !== member).every(({ index }) => {
        const peer = peers?.find((seen) => seen.member.index === index)
        return peer?.connected === true && peer.life === 'alive' && Date.parse(peer.last_heard_at ?? '') > since
      })
    })))
  }

  async function assertNothingReleased(): Promise<void> {
    for (const member of honest) {
      const lines = await logOf(member)
      assert.deepEqual(lines.filter(({ event }) => ['share-released', 'certified', 'rebuilt', 'broadcast'].includes(event)), [])
      const incident = await incidentAt(member, one.vault)
      assert.equal(incident?.certificate ?? null, null)
      assert.deepEqual(incident?.releases ?? [], [])
      assert.equal((await vaultAt(member, one.vault))?.exposed, false)
    }
    for (const liar of liars) assert.ok(!liar.heard.some(({ head }) => head.kind === 'release'), 'no share left an honest member')
    for (const node of cluster().regtest.nodes) assert.equal(await clawbackAt(node, one.vault), null)
  }

  it('release nothing by voting for a theft that nobody saw, and are named', async () => {
    first.gossip(encodeFrame(falseVote(first, one, tip, madeUpTheft(one))))
    second.gossip(encodeFrame(falseVote(second, one, tip, null)))
    for (const { index } of liars) await named(honest, 'unfounded-vote', index)
    for (const member of honest) assert.equal((await incidentAt(member, one.vault))?.status, 'alleged')
    await mineEverywhere(cluster(), 2)
    tip += 2
    await assertNothingReleased()
  })

  it('make no certificate of forged votes, of one vote many times, or of too few', async () => {
    const votes = liars.map((liar) => encodeFrame(falseVote(liar, one, tip, null)))
    const [victim] = honest
    assert.ok(victim)
    const forged = inTheNameOf(first, victim.index, { kind: 'vote', body: decodeHeader(falseVote(first, one, tip, null).signed).body })
    const repeated = [1, 2, 3].map((ago) => encodeFrame(falseVote(second, one, tip - ago, null)))
    first.send(honest, certificateOf(first, one, [...votes, forged]))
    second.send(honest, certificateOf(second, one, repeated))
    second.send(honest, certificateOf(second, one, votes))
    await counted(honest, 'bad-inner-signature', first.index)
    await counted(honest, 'unwanted-inner-frame', second.index)
    await counted(honest, 'too-few-votes', second.index)
    for (const { index } of liars) await named(honest, 'frame-refused', index)

    first.send(honest, forged)
    await counted(honest, 'bad-signature', first.index)
    await assertNothingReleased()
  })

  it('are named for shares that do not open, and for shares of something else', async () => {
    for (const member of honest) {
      first.send([member], garbageShare(first, one, 0, member))
      second.send([member], otherShare(second, one, 1, member))
    }
    for (const { index } of liars) await named(honest, 'bad-share', index)
    for (const member of honest) {
      for (const { index } of liars) assert.equal(await countAt(member, 'belfry_peer_bad_shares_total', { member: `${index}` }), 1)
    }
    await assertNothingReleased()
  })

  it('are convicted by what they sign twice, and the evidence is kept', async () => {
    const number = { boot: 0xff00_0001, seq: 1 }
    const bodies = [tip - 5, tip - 4].map((anchor) => decodeHeader(falseVote(first, one, anchor, null).signed).body)
    for (const body of bodies) first.send(honest, encodeFrame(first.frame('vote', body, number)))
    await named(honest, 'evidence', first.index)
    for (const member of honest) {
      const kept = (await member.api.peers())?.flatMap((peer) => peer.evidence.map(({ kind }) => [peer.member.index, kind])) ?? []
      assert.deepEqual(kept, [[first.index, 'vote']])
      assert.equal(await countAt(member, 'belfry_evidence_pieces'), 1)
      assert.equal((await member.api.status())?.evidence, 1)
    }
  })

  it('are shown by what they signed to whoever has the lock, without a node', async () => {
    const [member] = honest
    assert.ok(member)
    const ofNode = ['--config', member.files.config]
    const listed = await belfry(['evidence', 'list', ...ofNode])
    assert.match(listed.stdout, new RegExp(`\\(member ${first.index}\\) +signed two different messages under one number: vote`))
    const out = join(cluster().dir, 'evidence')
    const { code, stdout } = await belfry(['evidence', 'export', ...ofNode, '--out', out, '--json'])
    assert.equal(code, 0)
    const [file, ...more] = JSON.parse(stdout).result.files as string[]
    assert.ok(file !== undefined && more.length === 0)
    const verified = await belfry(['evidence', 'verify', file, '--lock', cluster().lock])
    assert.equal(verified.code, 0)
    assert.match(verified.stdout, new RegExp(`^Valid\\. .* \\(member ${first.index} of .*\\) signed two different messages under one number \\(message 1 of its start 4278190081\\)`))
    // Accusing another one by the same messages proves nothing.
    const accusing = { ...JSON.parse(await readFile(file, 'utf8')), member: member.index }
    await writeFile(`${file}.false`, JSON.stringify(accusing))
    assert.equal((await belfry(['evidence', 'verify', `${file}.false`, '--lock', cluster().lock])).code, 1)
  })

  it('are named for frames that are no frames, too large, or of another federation', async () => {
    const vote = falseVote(second, one, tip, null)
    const { body } = decodeHeader(vote.signed)
    second.gossip(new Uint8Array([0xff]))
    second.gossip(new Uint8Array(470_000))
    second.gossip(encodeFrame(second.frame('vote', body, { lock_prefix: 'ab'.repeat(8) })))
    second.send(honest, encodeFrame({ ...vote, signature: new Uint8Array(64) }))
    second.send(honest, encodeFrame({ ...vote, attachment: new Uint8Array(3) }))
    second.send(honest, encodeFrame(second.frame('vote', body, { from: first.index })))
    for (const code of ['malformed', 'oversize', 'foreign-lock', 'bad-signature', 'bad-attachment', 'wrong-peer-id']) {
      await counted(honest, code, second.index)
      for (const member of honest) {
        const lines = await logOf(member)
        assert.ok(lines.some((line) => line.event === 'frame-refused' && line.member === second.index && line.detail === code), `${code} at ${member.name}`)
      }
    }
    second.send(honest, encodeFrame(second.frame('gossip-about-the-weather', body)))
    await counted(honest, 'unknown-kind', second.index)
    // Beyond what a stream takes: the rest of it is not read, and the liar has to open another.
    second.send(honest, new Uint8Array(1_200_000))
    for (const member of honest) {
      await eventually(`the stream's end is told at ${member.name}`, async () =>
        (await logOf(member)).some(({ event, from }) => event === 'member-stream-malformed' && from === second.index))
      assert.equal(await countAt(member, 'belfry_network_member_streams_malformed_total'), 1)
      assert.ok((await logOf(member)).some(({ event, from }) => event === 'gossip-rejected' && from === second.index))
    }
    await eventually('another stream is open', async () => second.queued === 0)
  })

  it('get by a Pull what every member may know, and no share', async () => {
    first.send(honest, pullForAll(first, one))
    await eventually('receipts and votes from every honest member', async () => honest.every(({ index }) => {
      const kinds = first.heard.filter(({ peer, channel }) => peer === index && channel === 'stream').map(({ head }) => head.kind)
      return kinds.includes('receipt') && kinds.includes('vote')
    }))
    await assertNothingReleased()
  })

  it('open no incident by heartbeats that name it', async () => {
    const before = await incidentsKnown()
    assert.deepEqual(before, honest.map(() => [one.incident_id]))
    const invented = Array.from({ length: 64 }, (_, at) => at.toString(16).padStart(64, '0'))
    const incidents = invented.map((id) => ({ incident_id: id as IncidentId, digest: id as Hash32 }))
    const asked = pullsHeard(first)
    await eventually('all honest members ask the liar what it knows', async () => {
      // Who still waits for its answer to an earlier question asks later.
      first.gossip(first.heartbeat({ incidents }))
      return pullsHeard(first) >= asked + honest.length
    })
    assert.deepEqual(await incidentsKnown(), before)
  })

  async function incidentsKnown(): Promise<unknown> {
    return await Promise.all(honest.map(async ({ api }) => (await api.incidents())?.map(({ incident_id }) => incident_id)))
  }

  function pullsHeard(liar: Liar): number {
    return liar.heard.filter(({ head }) => head.kind === 'pull').length
  }

  it('shut nobody out by replaying what others said', async () => {
    const old = second.heard.filter(({ head }) => honest.some(({ index }) => index === head.from))
    const statements = first.heard.filter(({ head }) => head.kind === 'receipt' && honest.some(({ index }) => index === head.from))
    assert.ok(old.length > 0 && statements.length > 0)
    for (const { bytes } of old) second.gossip(bytes)
    for (let sent = 0; sent < REPLAYS; sent++) {
      const { bytes } = statements[sent % statements.length] ?? assert.fail()
      second.send(honest, bytes)
    }
    await counted(honest, 'duplicate', second.index, REPLAYS / 10)
    for (const member of honest) {
      for (const { index } of honest) assert.equal(await refusedAt(member, 'sender-over-budget', index), 0)
    }
    await assertNothingReleased()
  })

  it('take no room from others by flooding, with many frames or with large ones', async () => {
    const { body } = decodeHeader(decodeFrame(pullForAll(first, one)).signed)
    for (let sent = 0; sent < SMALL_FRAMES; sent++) first.send(honest.slice(0, 1), encodeFrame(first.frame('pull', body)))
    const large = new Uint8Array(LARGE_BYTES)
    for (let sent = 0; sent < LARGE_FRAMES; sent++) {
      large[sent] = 1
      second.send(honest.slice(1), encodeFrame(falseVote(second, one, tip - 12 - sent, large)))
    }
    await honestGoOn()
    await eventually('the flood is out', async () => first.queued + second.queued === 0)
    await counted(honest.slice(0, 1), 'sender-over-budget', first.index)
    await counted(honest.slice(1), 'sender-over-budget', second.index)
    for (const member of honest) {
      assert.equal((await member.api.status())?.ready, true)
    }
    await assertNothingReleased()
  })

  it('do not keep the others from clawing back what is really stolen', async () => {
    const honestNode = honest[0]?.bitcoind ?? assert.fail()
    for (const liar of liars) liar.beat()
    await eventually('the liars are taken for alive', async () => {
      const views = await Promise.all(honest.map(({ api }) => api.peers()))
      return views.every((peers) => liars.every(({ index }) => peers?.find(({ member }) => member.index === index)?.life === 'alive'))
    })
    for (const member of honest) {
      for (const rung of [2, 3]) first.send([member], garbageShare(first, one, rung, member))
    }
    const { txid } = await new Thief(one.vault).unvault(honestNode)
    await relayed(cluster(), txid)
    await told(honest, one.vault, 'certified')
    await mineEverywhere(cluster(), 1, honestNode.index)

    // Those whose turn it is take the shares and do nothing with them.
    await eventually('every honest member hands its shares to both liars', async () => liars.every((liar) =>
      honest.every(({ index }) => liar.heard.some(({ head }) => head.kind === 'release' && head.from === index))))
    assert.equal(await clawbackAt(honestNode, one.vault), null)
    await mineEverywhere(cluster(), 1, honestNode.index)
    const clawback = await clawedBack(cluster(), one.vault, 'mempool')
    await mineEverywhere(cluster(), 1, honestNode.index)
    assert.equal(await clawedBack(cluster(), one.vault, 'confirmed'), clawback)
    await told(honest, one.vault, 'recovery-confirmed')
    for (const member of honest) assert.equal((await vaultAt(member, one.vault))?.exposed, false)
  })
})
