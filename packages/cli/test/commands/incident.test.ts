import assert from 'node:assert/strict'
import type { IncidentView } from '@belfry/node'
import { explanationOf } from '../../src/commands/incident/explanation.ts'
import { sentenceOf } from '../../src/commands/incident/story.ts'
import { storyEvent } from '../../../protocol/src/state/story.ts'
import { type JsonObject, plain } from '../../src/output/index.ts'

const MEMBER = { index: 2, name: 'tower-2' }
const AT = '2026-03-01T12:00:00.123Z'

/** The words of the schema, as its own refusal lists them. */
function storyEvents(): string[] {
  try {
    storyEvent.fromJson('no such event')
  } catch (error) {
    return (error instanceof Error ? error.message : '').replace('expected ', '').split(' | ')
  }
  return []
}

const OPEN: IncidentView = {
  epoch: 0,
  incident_id: '5f'.repeat(32),
  vault_id: '52'.repeat(32),
  vault_name: 'savings',
  trigger: 'theft',
  action: 'clawback',
  status: 'open',
  opened_at: AT,
  votes: 1,
  votes_needed: 3,
  seen_by: { index: 1, name: 'tower-1' },
  tip_height: 215,
  exposed: false,
  order: null,
  deadline: null,
  trigger_tx: { txid: '79'.repeat(32), seen: 'mempool', block: null, confirmations: 0, vsize: 158, fee_sats: 316 },
  recovery_tx: null,
  end: null,
  votes_held: [{ member: MEMBER, anchor_height: 215, counted: true, frame: 'ab' }],
  certificate: null,
  releases: [],
  broadcasts: [],
  broadcast_receipts: [],
  story: [
    { at: AT, event: 'trigger-seen', height: 215, member: null, txid: '79'.repeat(32), sat_vb: null, detail: null },
  ],
}

function told(change: Partial<IncidentView>): string {
  return explanationOf({ ...OPEN, ...change } as IncidentView & JsonObject, null)
    .human(plain)
    .join('\n')
}

describe('the story of an incident', () => {
  for (const event of storyEvents()) {
    it(`has a sentence for ${event}`, () => {
      const line = {
        at: AT,
        event,
        height: 215,
        member: MEMBER,
        txid: '79'.repeat(32),
        sat_vb: 50,
        detail: 'fee-too-low',
      }
      const sentence = sentenceOf(line, { self: 'tower-1', action: 'clawback', txidOf: (txid) => txid })
      assert.match(sentence, /^[^]+ [^]+\.$/)
      assert.ok(!sentence.startsWith(event), sentence)
      assert.doesNotMatch(sentence, /undefined|null|object/)
    })
  }

  it('has a sentence for every event where nothing more is known', () => {
    for (const event of storyEvents()) {
      const line = { at: AT, event, height: null, member: null, txid: null, sat_vb: null, detail: null }
      assert.doesNotMatch(
        sentenceOf(line, { self: 'tower-1', action: 'emergency', txidOf: (txid) => txid }),
        /undefined|null| {2}/,
      )
    }
  })

  it('tells an event of a later version by its name', () => {
    const line = { at: AT, event: 'moon-landed', height: 1, member: null, txid: null, sat_vb: null, detail: null }
    assert.equal(sentenceOf(line, { self: 'tower-1', action: 'clawback', txidOf: (txid) => txid }), 'moon-landed.')
  })

  it('says what is missing while too few have voted', () => {
    const text = told({})
    assert.match(text, /^The theft of vault savings: open\n/)
    assert.match(text, /1 member voted for the clawback: tower-2; 3 votes are needed, so nothing may be released yet\./)
    assert.match(text, /No clawback is in the mempool or chain\./)
    assert.match(text, /12:00:00\.123 {2}block 215 +tower-1 sees 7979797979797979… spend the vault/)
    assert.match(text, /Not checked: give --lock/)
  })

  it('says when the coin is gone, when the trigger is, and when a recovery may be known outside', () => {
    assert.match(
      told({ status: 'lost', end: { txid: 'ee'.repeat(32), recovered: false, confirmations: 100 } }),
      /The coin was spent by (ee){32}, which is no transaction of this vault \(100 deep\)/,
    )
    assert.match(told({ status: 'gone', trigger_tx: null }), /It is in neither chain nor mempool any more\./)
    assert.match(
      told({ exposed: true }),
      /The vault is exposed: a recovery transaction may be known outside\. Move the coin/,
    )
    assert.match(
      told({ trigger: 'cold-theft', action: 'emergency' }),
      /a transaction that savings does not know spent its deposit/,
    )
    assert.match(told({ votes_held: [] }), /No member has voted; 3 votes are needed/)
  })

  it('says who handed out and who broadcast', () => {
    const text = told({
      status: 'recovering',
      certificate: { at: AT, height: 216, voters: [MEMBER] },
      releases: [
        { envelope_id: '01'.repeat(32), txid: '33'.repeat(32), sat_vb: 10, height: 216 },
        { envelope_id: '02'.repeat(32), txid: '34'.repeat(32), sat_vb: 2, height: 216 },
      ],
      broadcasts: [{ txid: '33'.repeat(32), sat_vb: 10, height: 216 }],
      broadcast_receipts: [{ member: MEMBER, txid: '33'.repeat(32), height: 216, frame: 'cd' }],
      recovery_tx: { txid: '33'.repeat(32), sat_vb: 10, seen: 'mempool', block: null, confirmations: 0 },
    })
    assert.match(text, /With 3 of them the certificate was complete at 2026-03-01 12:00:00 UTC\./)
    assert.match(text, /tower-1 handed out its shares of 2 transactions \(2, 10 sat\/vB\)\./)
    assert.match(text, /The clawback was broadcast by tower-1 and tower-2\./)
    assert.match(text, /The clawback is (33){32} at 10 sat\/vB, in the mempool\./)
    assert.match(text, /tower-2 \(member 2\) says that its bitcoind took (33){32}, at height 216\n {4}cd/)
  })

  it('says until when a recovery should be confirmed, and no more of that once it is', () => {
    const deadline = { height: 347, blocks_left: 132 }
    assert.match(told({ deadline }), /It should be confirmed by height 347: 132 blocks left\./)
    const recovery_tx = { txid: '33'.repeat(32), sat_vb: 10, seen: 'confirmed', block: { height: 217, hash: '44'.repeat(32) }, confirmations: 1 } as const
    assert.doesNotMatch(told({ deadline, recovery_tx }), /should be confirmed/)
  })

  it('tells of a panic and a drill by their order', () => {
    const order = { command_hash: '6c'.repeat(32), taken_height: 210, signers: 2, held_back: [MEMBER] }
    const panic = told({ trigger: 'panic', action: 'emergency', trigger_tx: null, order: { ...order, held_back: [] } })
    assert.match(panic, /owners or guardians ordered savings into deep cold\. The order 6c6c6c6c6c6c6c6c… has 2 signatures; tower-1 took it at height 210\./)
    const drill = told({ trigger: 'drill', action: 'drill', trigger_tx: null, order })
    assert.match(drill, /a drill of savings: it moves nothing\..* tower-2 kept still, as ordered\./)
    assert.match(drill, /A drill broadcasts nothing/)
    assert.match(told({ trigger: 'panic', action: 'emergency', order: { ...order, taken_height: null } }), /tower-1 has not taken the order itself\./)
  })
})
