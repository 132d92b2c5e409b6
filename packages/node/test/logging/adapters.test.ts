import assert from 'node:assert/strict'
import { TELL_EVENTS, type Tell } from '@belfry/protocol'
import type { IncidentId, MemberIndex, Txid } from '@belfry/protocol/primitives'
import { chainLog, networkLog, tellLog } from '../../src/logging/index.ts'
import { type Line, recorded } from './support.ts'

function withoutTime({ time, ...line }: Line): Line {
  assert.equal(typeof time, 'string')
  return line
}

describe('the logs of the parts', () => {
  it('tell what the core tells, members by name and feerates in sat/vB', () => {
    const { logger, lines } = recorded()
    const tell: Tell = {
      level: 'warn',
      event: 'broadcast',
      incident_id: 'ab'.repeat(32) as IncidentId,
      member: 2 as MemberIndex,
      txid: 'cd'.repeat(32) as Txid,
      feerate: 2_500,
      height: 801,
      detail: 'accepted',
    }
    tellLog(logger, (member) => `member ${member}`)(tell)
    assert.deepEqual(lines().map(withoutTime), [
      {
        level: 'warn',
        event: 'broadcast',
        incident_id: tell.incident_id,
        member: 2,
        member_name: 'member 2',
        txid: tell.txid,
        sat_vb: 2.5,
        height: 801,
        detail: 'accepted',
      },
    ])
  })

  it('tell every event of the core at its own level', () => {
    const { logger, lines } = recorded()
    for (const event of TELL_EVENTS) tellLog(logger)({ level: 'error', event })
    assert.deepEqual(
      lines().map(({ event }) => event),
      TELL_EVENTS,
    )
    assert.ok(lines().every(({ level }) => level === 'error'))
  })

  it('tell each fault of a member once, however often it comes in a row', () => {
    const { logger, lines } = recorded()
    const log = tellLog(logger)
    const refuse = (member: number, detail: string): void =>
      log({ level: 'warn', event: 'frame-refused', member: member as MemberIndex, detail })
    for (let at = 0; at < 1_000; at++) {
      refuse(4, 'bad-signature')
      refuse(4, 'oversize')
      refuse(5, 'oversize')
    }
    assert.deepEqual(
      lines().map(({ member, detail }) => [member, detail]),
      [
        [4, 'bad-signature'],
        [4, 'oversize'],
        [5, 'oversize'],
      ],
    )
  })

  it("pass on the network's events with their fields", () => {
    const { logger, lines } = recorded()
    networkLog(logger)('debug', 'dial-failed', { member: 3, attempts: 2 })
    assert.deepEqual(lines().map(withoutTime), [{ level: 'debug', event: 'dial-failed', member: 3, attempts: 2 }])
  })

  it("pass on the chain watcher's words, and an unknown one as a detail", () => {
    const { logger, lines } = recorded()
    const log = chainLog(logger)
    log.warn({ code: 'timeout' }, 'chain-not-followed')
    log.info({}, 'chain-followed-again')
    log.error({ code: 1 }, 'something-new')
    assert.deepEqual(lines().map(withoutTime), [
      { level: 'warn', event: 'chain-not-followed', code: 'timeout' },
      { level: 'info', event: 'chain-followed-again' },
      { level: 'error', event: 'chain-other', code: 1, detail: 'something-new' },
    ])
  })
})
