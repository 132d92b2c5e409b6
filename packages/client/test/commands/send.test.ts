import assert from 'node:assert/strict'
import { findFreePorts } from '@belfry/bitcoind'
import type { DrillInfo, OwnerAnswer, SignedCommand, VaultInfo } from '@belfry/protocol'
import { incidentIdOf } from '@belfry/protocol'
import { type BlockHash, type Hash32, type Height, type MemberIndex, type Millis, type VaultId, fromHex } from '@belfry/protocol/primitives'
import {
  anchorOfMembers,
  drillsTold,
  followDrill,
  followPanic,
  hashOfCommand,
  makeCommand,
  requireTaken,
  sendCommand,
  signCommand,
  verifier,
} from '../../src/index.ts'
import { makeFederation } from '../support/federation.ts'
import { type Obeying, Stage, type Telling, honest, signedReceipt } from '../support/members.ts'

const VAULT = 'ab'.repeat(32) as VaultId
const ANCHOR = { height: 800 as Height, hash: 'cd'.repeat(32) as BlockHash }
const HEIGHT = 808 as Height

async function stageWith(
  { obeying, telling, running = [true, true, true] }: { obeying?: Obeying; telling?: Telling; running?: readonly boolean[] },
): Promise<Stage> {
  const ports = Object.values(await findFreePorts(running.map((_, at) => String(at))))
  return await Stage.open(running.map((runs) => (runs ? honest : null)), ports, telling, obeying)
}

function orderOf({ setting }: Stage, what: Parameters<typeof makeCommand>[0]['what'] = { order: 'panic' }): SignedCommand {
  const bytes = makeCommand({ federation: setting.federation, vault_id: VAULT, anchor: ANCHOR, what })
  return signCommand({ bytes, signatures: [] }, setting.root)
}

const taking = (state: 'accepted' | 'held' | 'known' = 'accepted'): Obeying => (signed) => ({
  answer: 'command',
  command_hash: hashOfCommand(signed),
  state,
  height: HEIGHT,
})
const refused = (code: string, retryable = false): OwnerAnswer => ({ answer: 'refused', code, message: `it says ${code}`, remedy: 'wait', retryable })

describe('sending an order', () => {
  it('tells who took it, who refused, and who was not there', async () => {
    await using stage = await stageWith({
      obeying: (signed, there, member) => (member === 1 ? taking()(signed, there, member) : refused('command-not-authorised')),
      running: [true, true, false],
    })
    const results = await sendCommand(stage.link, orderOf(stage))
    assert.deepEqual(results.map((one) => (one.result === 'taken' ? one.state : one.result)), ['accepted', 'refused', 'unreachable'])
    // b is 0 here: one honest member passes it on.
    requireTaken(stage.link, results)
    const nobody = results.filter(({ result }) => result !== 'taken')
    assert.throws(() => requireTaken(stage.link, nobody), { code: 'refused' })
    assert.throws(() => requireTaken(stage.link, nobody.slice(1)), { code: 'unreachable' })
  })

  it('wants more members than may lie', async () => {
    await using stage = await stageWith({
      obeying: (signed, there, member) => (member === 1 ? taking()(signed, there, member) : refused('busy')),
      running: [true, true, true, true],
    })
    const results = await sendCommand(stage.link, orderOf(stage))
    assert.throws(() => requireTaken(stage.link, results), { code: 'too-few-took-it' })
  })

  it('asks those again that may take it later, until enough did', async () => {
    let asked = 0
    await using stage = await stageWith({
      obeying: (signed, there, member) => {
        if (member === 3) return refused('no-room', true)
        asked += 1
        return taking(asked < 4 ? 'held' : 'accepted')(signed, there, member)
      },
    })
    const told: string[] = []
    const results = await sendCommand(stage.link, orderOf(stage), {
      enough: 1,
      retries: 20,
      retry_ms: 1,
      onResult: (one) => told.push(`${one.member} ${one.result === 'taken' ? one.state : one.result}`),
    })
    assert.ok(results.some((one) => one.result === 'taken' && one.state === 'accepted'))
    assert.deepEqual(told.filter((words) => words.startsWith('3')), ['3 refused'], 'told once')
    assert.ok(told.filter((words) => words.endsWith('held')).length <= 2)
  })

  it('believes no answer to another command, and no destruction that the member did not sign', async () => {
    const lies: Record<number, Obeying> = {
      1: () => ({ answer: 'command', command_hash: '11'.repeat(32) as never, state: 'accepted', height: HEIGHT }),
      2: (signed, { setting }) => ({
        answer: 'receipt',
        frame: signedReceipt(setting, 2 as MemberIndex, { statement: 'destroyed', vault_id: VAULT, command_hash: hashOfCommand(signed), height: HEIGHT }, { signer: 3 }),
      }),
      3: (signed, { setting }) => ({
        answer: 'receipt',
        frame: signedReceipt(setting, 3 as MemberIndex, { statement: 'destroyed', vault_id: VAULT, command_hash: hashOfCommand(signed), height: HEIGHT }),
      }),
    }
    await using stage = await stageWith({ obeying: (signed, there, member) => (lies[member] ?? assert.fail())(signed, there, member) })
    const results = await sendCommand(stage.link, orderOf(stage, { order: 'destroy' }))
    assert.deepEqual(results.map((one) => ('code' in one ? one.code : one.result)), ['malformed', 'malformed', 'destroyed'])
  })

  it('believes no destruction of another vault', async () => {
    await using stage = await stageWith({
      obeying: (signed, { setting }, member) => ({
        answer: 'receipt',
        frame: signedReceipt(setting, member, { statement: 'destroyed', vault_id: '77'.repeat(32) as VaultId, command_hash: hashOfCommand(signed), height: HEIGHT }),
      }),
    })
    const results = await sendCommand(stage.link, orderOf(stage, { order: 'destroy' }))
    assert.ok(results.every((one) => 'code' in one && one.code === 'malformed'))
  })
})

describe('the anchor of an order', () => {
  const blockAt = (height: number, digit: string) => ({ height: height as Height, hash: digit.repeat(64) as BlockHash })

  it('is what most members tell, and of two the lower', async () => {
    const told = [blockAt(800, 'a'), blockAt(800, 'a'), blockAt(799, 'f'), null]
    const telling: Telling = (member) => ({ answer: 'vaults', member, tip: null, anchor: told[member - 1] ?? null, chain: 'ok', vaults: [] })
    await using stage = await stageWith({ telling, running: [true, true, true, true] })
    assert.deepEqual(await anchorOfMembers(stage.link), blockAt(800, 'a'))
    told[1] = null
    assert.deepEqual(await anchorOfMembers(stage.link), blockAt(799, 'f'))
    // One that may lie pulls it neither down nor up, where all tell another.
    for (const lie of [blockAt(1, 'c'), blockAt(4_000_000, 'c')]) {
      told.splice(0, 4, lie, blockAt(800, 'a'), blockAt(799, 'f'), null)
      const { height } = await anchorOfMembers(stage.link)
      assert.ok(height === 799 || height === 800, String(height))
    }
    // Told with a height that it does not have, it stands for itself.
    told.splice(0, 4, blockAt(1, 'a'), blockAt(800, 'a'), blockAt(800, 'a'), null)
    assert.deepEqual(await anchorOfMembers(stage.link), blockAt(800, 'a'))
    told.fill(null)
    await assert.rejects(anchorOfMembers(stage.link), { code: 'no-anchor' })
  })
})

describe('what comes of an order', () => {
  const follow = { wait_ms: 30_000, interval_ms: 1, signal: new AbortController().signal }

  it('is followed through every report that a member signed, and none that was made up', async () => {
    let looks = 0
    const command: { signed: SignedCommand | null; stage: Stage | null } = { signed: null, stage: null }
    const telling: Telling = (member) => {
      const { signed, stage } = command
      if (signed === null || stage === null) return assert.fail()
      if (member === 1) looks += 1
      const command_hash = hashOfCommand(signed)
      const report = (from: number, signer = from) =>
        signedReceipt(stage.setting, from as MemberIndex, { statement: 'drill', vault_id: VAULT, command_hash, level: 2, result: 'good', tried: 7, good: 7, height: HEIGHT }, { signer })
      const isOver = looks >= 3
      const drill: DrillInfo = {
        command_hash, vault_id: VAULT, level: 2, commanded_at_ms: 1 as Millis, commanded_height: HEIGHT, held_back: [], trial: null,
        status: isOver ? 'passed' : 'running',
        reports: isOver ? [report(1), report(2), report(3, 1)] : [report(1)],
      }
      return { answer: 'drills', member, tip: null, drills: [drill] }
    }
    await using stage = await stageWith({ telling })
    command.stage = stage
    command.signed = orderOf(stage, { order: 'drill', level: 2, held_back: [], trial: null })
    const seen: number[] = []
    const told = await followDrill(stage.link, command.signed, [1, 2] as MemberIndex[], ({ reports }) => seen.push(reports.length), follow)
    assert.deepEqual(told?.reports.map(({ member }) => member), [1, 2])
    // The third did not take it: nobody waits for its word.
    assert.deepEqual(told?.statuses.slice(0, 2).map(({ status }) => status), ['passed', 'passed'])
    assert.equal(seen.at(-1), 2)
  })

  it('hears each member once of each drill, and takes what was drilled from most', async () => {
    const command_hash = 'ef'.repeat(32) as Hash32
    const drill = { command_hash, vault_id: VAULT, level: 2, commanded_at_ms: 5 as Millis, commanded_height: HEIGHT, held_back: [], trial: null, reports: [] }
    const answering = (member: number, drills: readonly DrillInfo[]) =>
      ({ member: member as MemberIndex, result: 'answer', answer: { drills } }) as const
    const lie: DrillInfo = { ...drill, level: 4, commanded_at_ms: 9 as Millis, status: 'passed' }
    const honest: DrillInfo = { ...drill, status: 'running' }
    const { federation } = makeFederation(4)
    const told = drillsTold(federation, [answering(1, [lie, lie, lie]), ...[2, 3, 4].map((member) => answering(member, [honest]))])
    assert.equal(told.length, 1)
    assert.deepEqual(told[0]?.statuses.map(({ member, status }) => `${member} ${status}`), ['1 passed', '2 running', '3 running', '4 running'])
    assert.equal(told[0]?.drill.level, 2)
  })

  it('ends with the time, whatever members say', async () => {
    await using stage = await stageWith({ telling: (member) => ({ answer: 'drills', member, tip: null, drills: [] }) })
    const signed = orderOf(stage, { order: 'drill', level: 2, held_back: [], trial: null })
    assert.equal(await followDrill(stage.link, signed, [], () => assert.fail(), { ...follow, wait_ms: 0 }), null)
  })

  it('is a panic over although one that may lie never says so', async () => {
    const command: { signed: SignedCommand | null } = { signed: null }
    const telling: Telling = (member) => {
      if (command.signed === null) return assert.fail()
      const incident_id = incidentIdOf(verifier, VAULT, 'panic', fromHex(hashOfCommand(command.signed)))
      const incidents = [{ incident_id, trigger: 'panic' as const, status: member === 4 ? 'open' : 'recovered' }]
      const vault: VaultInfo = { vault_id: VAULT, revoked: false, exposed: false, deposit: 'there', destroyable: false, drills: [], manifests: [], market: null, incidents }
      return { answer: 'vaults', member, tip: null, anchor: null, chain: 'ok', vaults: [vault] }
    }
    await using stage = await stageWith({ telling, running: [true, true, true, true] })
    command.signed = orderOf(stage)
    let looks = 0
    const told = await followPanic(stage.link, command.signed, [1, 2, 3, 4] as MemberIndex[], () => { looks += 1 }, follow)
    assert.deepEqual([told?.statuses.length, looks], [4, 1])
  })

  it('is a panic over once its own incident is, at every member that took it', async () => {
    const command: { signed: SignedCommand | null } = { signed: null }
    let looks = 0
    const telling: Telling = (member) => {
      if (command.signed === null) return assert.fail()
      if (member === 1) looks += 1
      const incident_id = incidentIdOf(verifier, VAULT, 'panic', fromHex(hashOfCommand(command.signed)))
      const other = incidentIdOf(verifier, VAULT, 'theft')
      const vault: VaultInfo = {
        vault_id: VAULT, revoked: false, exposed: false, deposit: 'there', destroyable: false, drills: [], manifests: [], market: null,
        incidents: [
          { incident_id: other, trigger: 'theft', status: 'settled' },
          { incident_id, trigger: 'panic', status: looks < 2 ? 'certified' : 'recovered' },
        ],
      }
      return { answer: 'vaults', member, tip: null, anchor: null, chain: 'ok', vaults: [vault] }
    }
    await using stage = await stageWith({ telling })
    command.signed = orderOf(stage)
    const seen: string[] = []
    const told = await followPanic(stage.link, command.signed, [1, 2, 3] as MemberIndex[], ({ statuses }) => seen.push(statuses[0]?.status ?? ''), follow)
    assert.deepEqual(told?.statuses.map(({ status }) => status), ['recovered', 'recovered', 'recovered'])
    assert.deepEqual([seen[0], seen.at(-1)], ['certified', 'recovered'])
  })
})
