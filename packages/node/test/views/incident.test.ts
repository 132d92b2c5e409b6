import assert from 'node:assert/strict'
import { decodeFrame, decodeHeader, verifyFrame } from '@belfry/protocol'
import type { IncidentId, MemberIndex } from '@belfry/protocol/primitives'
import { fromHex } from '@belfry/protocol/primitives'
import { verifyEd25519, sha256 } from '@belfry/keystore'
import { incidentView, incidentsView } from '../../src/views/index.ts'
import { START_MS } from './federation.ts'
import { blockAt, hex32, spendOf } from './vault.ts'
import { TIP, type World, activate, wholeIncident, world } from './world.ts'
import type { Txid } from '@belfry/protocol/primitives'

describe('the view of an incident', () => {
  const viewOf = ({ state, incident_id }: World) => {
    const view = incidentView(state, incident_id)
    assert.ok(view)
    return view
  }

  it('is null where there is none', () => {
    assert.equal(incidentView(world().state, 'ab'.repeat(32) as IncidentId), null)
  })

  describe('from the first sight of a theft to the confirmed clawback', () => {
    let of: World
    let clawback: string
    before(() => {
      of = world()
      clawback = wholeIncident(of).clawback
    })

    it('tells the story in order, with UTC times, members by name and feerates in sat/vB', () => {
      const { story } = viewOf(of)
      const told = story.map(({ event, member }) => (member ? `${event} ${member.name}` : event))
      // Whom this member hands shares to first is drawn by lot for each incident.
      const drawn = (text: string): boolean => text.startsWith('released ') || text.startsWith('share-opened ')
      assert.deepEqual(
        told.filter((text) => !drawn(text)),
        [
          'opened',
          'trigger-seen',
          'voted alice',
          'trigger-confirmed',
          'vote-received bob',
          'vote-received carol',
          'certified',
          'rebuilt',
          'broadcast alice',
          'recovery-seen',
          'recovery-confirmed',
        ],
      )
      const opened = [...new Set(told.filter((text) => text.startsWith('share-opened ')))]
      assert.deepEqual(opened.toSorted(), ['share-opened alice', 'share-opened bob', 'share-opened carol'])
      assert.ok(told.some((text) => /^released (bob|carol|dave|erin)$/.test(text)))
      assert.ok(told.indexOf('share-opened carol') > told.indexOf('certified'))
      const first = story[1]
      assert.deepEqual(first, {
        at: new Date(START_MS + 3_000).toISOString(),
        event: 'trigger-seen',
        height: TIP,
        member: null,
        txid: of.theft.txid,
        sat_vb: null,
        detail: null,
      })
      assert.equal(story.find(({ event }) => event === 'broadcast')?.sat_vb, 20)
      assert.deepEqual(
        story.map(({ at }) => at),
        story.map(({ at }) => at).toSorted(),
      )
    })

    it('shows the trigger and the recovery with their confirmations', () => {
      const { trigger_tx, recovery_tx, end, status } = viewOf(of)
      assert.equal(status, 'recovered')
      assert.deepEqual(trigger_tx, {
        txid: of.theft.txid,
        seen: 'confirmed',
        block: blockAt(TIP + 1),
        confirmations: 2,
        vsize: 150,
        fee_sats: 300,
      })
      assert.deepEqual(recovery_tx, {
        txid: clawback,
        seen: 'confirmed',
        block: blockAt(TIP + 2),
        confirmations: 1,
        sat_vb: 20,
      })
      assert.deepEqual(end, { txid: clawback, recovered: true, confirmations: 1 })
    })

    it('shows votes, certificate, releases and broadcasts', () => {
      const { votes_held, certificate, releases, broadcasts, votes, votes_needed, seen_by } = viewOf(of)
      assert.deepEqual(
        votes_held.map(({ member, anchor_height, counted }) => [member.name, anchor_height, counted]),
        [
          ['alice', TIP, true],
          ['bob', TIP + 1, true],
          ['carol', TIP + 1, true],
        ],
      )
      assert.deepEqual([votes, votes_needed, seen_by.name], [3, 3, 'alice'])
      assert.deepEqual(
        certificate?.voters.map(({ name }) => name),
        ['alice', 'bob', 'carol'],
      )
      assert.equal(certificate?.height, TIP + 1)
      assert.deepEqual(broadcasts, [{ txid: clawback, sat_vb: 20, height: TIP + 1 }])
      assert.ok(releases.some(({ txid, sat_vb, height }) => txid === clawback && sat_vb === 20 && height === TIP + 1))
    })

    it('gives every vote as it was signed, for anyone to verify', () => {
      for (const { frame: text, member } of viewOf(of).votes_held) {
        const frame = decodeFrame(fromHex(text))
        const { node_key } = of.federation.memberOf(member.index as MemberIndex)
        assert.equal(decodeHeader(frame.signed).kind, 'vote')
        assert.ok(
          verifyFrame(
            { sha256, verifyNode: verifyEd25519, verifyOwner: () => false },
            of.federation.lock_hash,
            node_key,
            frame,
          ),
        )
      }
    })
  })

  it('shows the broadcast receipts of others', () => {
    const of = world()
    const { clawback } = wholeIncident(of)
    const { vault_id, incident_id } = of
    of.hear(4, 'receipt', {
      statement: 'broadcast',
      vault_id,
      incident_id,
      txid: clawback,
      height: blockAt(TIP + 1).height,
    })
    const receipt = viewOf(of).broadcast_receipts.find(({ member }) => member.name === 'dave')
    assert.deepEqual([receipt?.txid, receipt?.height], [clawback, TIP + 1])
  })

  it('is only alleged where nothing but a vote speaks for it', () => {
    const of = world()
    activate(of)
    of.vote(5)
    const { status, trigger_tx, recovery_tx, certificate, end } = viewOf(of)
    assert.deepEqual([status, trigger_tx, recovery_tx, certificate, end], ['alleged', null, null, null, null])
  })

  it('says that the trigger is in the mempool, then gone', () => {
    const of = world()
    activate(of)
    const { outpoint } = of.manifest.deposit
    of.chain({ event: 'spend-seen', outpoint, tx: of.theft })
    assert.deepEqual([viewOf(of).trigger_tx?.seen, viewOf(of).trigger_tx?.block], ['mempool', null])
    of.chain({ event: 'spend-evicted', outpoint, txid: of.theft.txid })
    assert.deepEqual([viewOf(of).trigger_tx, viewOf(of).status], [null, 'gone'])
  })

  it('shows an emergency recovery of a cold theft, and the end where the thief wins', () => {
    const of = world()
    activate(of)
    const { outpoint } = of.manifest.deposit
    const stranger = spendOf(hex32('stranger') as Txid)
    of.chain({ event: 'spend-confirmed', outpoint, tx: stranger, block: blockAt(TIP + 1) })
    of.mine()
    const [summary] = incidentsView(of.state)
    assert.deepEqual([summary?.trigger, summary?.action, summary?.vault_name], ['cold-theft', 'emergency', 'Treasury'])
    const view = incidentView(of.state, summary?.incident_id as IncidentId)
    assert.deepEqual(view?.end, { txid: stranger.txid, recovered: false, confirmations: 1 })
    assert.equal(view?.recovery_tx, null)
  })

  it('lists incidents newest first', () => {
    const of = world()
    wholeIncident(of)
    const incident = of.state.durable.incidents.get(of.incident_id)
    assert.ok(incident)
    const later = 'ff'.repeat(32) as IncidentId
    of.state.durable.incidents.set(later, {
      ...incident,
      opened_at_ms: (incident.opened_at_ms + 1) as typeof incident.opened_at_ms,
    })
    assert.deepEqual(
      incidentsView(of.state).map(({ incident_id }) => incident_id),
      [later, of.incident_id],
    )
  })
})
