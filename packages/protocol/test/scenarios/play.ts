/** Plays a scenario: reads each command, does it, and says what came of it. */
import assert from 'node:assert/strict'
import { Federation, type SpendTx, incidentStatus, sortedEntries } from '../../src/index.ts'
import { type Outpoint, outpointOf } from '../../src/primitives/index.ts'
import { type Setting, type TestVault, type VaultChoices, portsOf, settingOf, transactionOf, vaultOf } from '../core/setting.ts'
import { changeOf, definitionOf, lockOf, memberCard, nextLockOf } from '../federation/fixture.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'
import { type ScenarioText, formatScenario, parseScenario } from './text.ts'
import { World } from './world.ts'

/** The same text, with what really came of each command. */
export function play(text: string): string {
  const { blocks, after } = parseScenario(text)
  const player = new Player()
  const played: ScenarioText = {
    after,
    blocks: blocks.map(({ before, command }) => ({ before, command, expected: player.do(command) })),
  }
  return formatScenario(played)
}

type Arguments = ReadonlyMap<string, string>

class Player {
  /** By epoch: what a member does in one is a core of its own. */
  readonly #worlds: World[] = []
  /** As the first epoch draws them: the coins and transactions are the same in every epoch. */
  readonly #vaults = new Map<string, DrawnVault>()
  /** How many records were on the disk that was set aside. */
  readonly #disks = new Map<number, number>()

  do(line: string): readonly string[] {
    const [name = '', ...words] = line.split(' ')
    const named = new Map(words.flatMap((word): [string, string][] => (word.includes('=') ? [splitAt(word)] : [])))
    const plain = words.filter((word) => !word.includes('='))
    this.#obey(name, plain, named)
    return this.#worlds.flatMap((world, epoch) => world.take().map((told) => (epoch === 0 ? told : `epoch ${epoch}, ${told}`)))
  }

  #obey(name: string, plain: readonly string[], named: Arguments): void {
    switch (name) {
      case 'members':
        this.#begin(settingOf(Number(plain[0])))
        return
      case 'succeed':
        this.#begin(successorOf(this.#get(named).setting, membersOf(named, 'add'), membersOf(named, 'remove')))
        return
      case 'vault':
        this.#draw(plain[0] ?? '', named)
        return
      case 'enrol':
        this.#enrol(this.#vault(plain[0]), named)
        return
      case 'mempool':
        this.#seen(plain[0] ?? '', named)
        return
      case 'evict':
        this.#evicted(plain[0] ?? '', named)
        return
      case 'block':
        this.#blocks(named)
        return
      case 'undo':
        for (const world of this.#worlds) world.disconnect(this.#spendsIn(named.get('with')), membersIn(named.get('at')))
        return
      case 'crash':
        for (const member of membersIn(plain[0]) ?? []) this.#get(named).crash(member)
        return
      case 'restart':
        this.#restart(Number(plain[0]), named)
        return
      case 'disk':
        this.#setAside(Number(plain[0]), this.#get(named))
        return
      case 'part':
        this.#get(named).part(membersIn(plain[0]) ?? [], membersIn(named.get('from')) ?? [])
        return
      case 'heal':
        this.#get(named).heal()
        return
      case 'pass':
        for (const world of this.#worlds) world.pass(Number(plain[0]) * 1_000)
        return
      case 'equivocate':
        this.#equivocate(Number(plain[0]), this.#get(named))
        return
      case 'show':
        for (const world of this.#worlds) show(world, membersIn(plain[0]))
        return
      default:
        throw new RangeError(`no such command: ${name}`)
    }
  }

  #get(named: Arguments): World {
    const world = this.#worlds[Number(named.get('epoch') ?? 0)]
    assert.ok(world, 'a scenario begins with: members <number>')
    return world
  }

  #begin(setting: Setting): void {
    const world = new World(setting)
    // A later epoch begins where the chain is by then.
    const [member] = this.#worlds[0]?.seats.values() ?? []
    this.#worlds.push(world)
    world.begin(member?.height ?? null)
    for (const choices of this.#vaults.values()) this.#name(choices)
  }

  /** The same vault under the lock of an epoch. */
  #enrol(drawn: DrawnVault, named: Arguments): void {
    const world = this.#get(named)
    world.enrol(vaultOf(world.setting, drawn.choices), membersIn(named.get('at')))
  }

  #name({ choices, label }: DrawnVault): void {
    for (const world of this.#worlds) {
      world.names.addVault(label, vaultOf(world.setting, choices))
      world.names.addTransaction(`${label}/cold`)
    }
  }

  #vault(name = ''): DrawnVault {
    const vault = this.#vaults.get(name)
    assert.ok(vault, `no vault ${name}`)
    return vault
  }

  #draw(name: string, named: Arguments): void {
    const [label = name] = name.split('.')
    const renews = named.get('renews')
    const before = renews === undefined ? null : this.#vault(renews)
    const choices = {
      label,
      rates: numbersIn(named.get('rates')) ?? [2, 10, 50],
      emergency: numbersIn(named.get('emergency')) ?? [10],
      variants: Number(named.get('variants') ?? 1),
      ...(before && { generation: before.vault.manifest.generation + 1, previous: before.vault.hash }),
    }
    const drawn = { label, choices, vault: vaultOf(this.#get(named).setting, choices) }
    this.#vaults.set(name, drawn)
    this.#name(drawn)
  }

  #seen(name: string, named: Arguments): void {
    const { outpoint, tx } = this.#spend(name)
    const old = named.get('replaces')
    const members = membersIn(named.get('at'))
    for (const world of this.#worlds) {
      if (old === undefined) world.chain({ event: 'spend-seen', outpoint, tx }, members)
      else world.chain({ event: 'spend-replaced', outpoint, old_txid: this.#spend(old).tx.txid, tx }, members)
    }
  }

  #evicted(name: string, named: Arguments): void {
    const { outpoint, tx } = this.#spend(name)
    for (const world of this.#worlds) world.chain({ event: 'spend-evicted', outpoint, txid: tx.txid }, membersIn(named.get('at')))
  }

  #blocks(named: Arguments): void {
    const members = membersIn(named.get('at'))
    for (let at = 0; at < Number(named.get('count') ?? 1); at++) {
      for (const world of this.#worlds) world.connect(at === 0 ? this.#spendsIn(named.get('with')) : [], members)
    }
  }

  #spendsIn(names: string | undefined): { readonly outpoint: Outpoint; readonly tx: SpendTx }[] {
    return names === undefined ? [] : names.split(',').map((name) => this.#spend(name))
  }

  /** `vault/U0`, `vault/K0@10`, `vault/E@10` or `vault/cold`. */
  #spend(name: string): { readonly outpoint: Outpoint; readonly tx: SpendTx } {
    const [label = '', which = ''] = name.split('/')
    const { deposit } = this.#vault(label).vault
    const [, kind, variant, rate] = /^(U|K|E|cold)(\d*)(?:@(\d+))?$/.exec(which) ?? []
    switch (kind) {
      case 'U':
        return { outpoint: deposit, tx: transactionOf(`${label}/unvault/${variant}`) }
      case 'K': {
        const ladder = variant === '0' ? 'clawback' : `clawback${variant}`
        const outpoint = outpointOf(transactionOf(`${label}/unvault/${variant}`).txid, 0)
        return { outpoint, tx: transactionOf(`${label}/${ladder}/${rate}`) }
      }
      case 'E':
        return { outpoint: deposit, tx: transactionOf(`${label}/emergency/${rate}`) }
      case 'cold':
        return { outpoint: deposit, tx: transactionOf(`${label}/cold`) }
      default:
        throw new RangeError(`no such transaction: ${name}`)
    }
  }

  #restart(member: number, named: Arguments): void {
    if (named.get('disk') === undefined) {
      this.#get(named).restart(member)
      return
    }
    const kept = this.#disks.get(member)
    assert.ok(kept !== undefined, `no disk of ${member} was set aside`)
    this.#get(named).restart(member, kept)
  }

  /** Sets a copy of this member's disk aside. */
  #setAside(member: number, { seats }: World): void {
    const seat = seats.get(member)
    assert.ok(seat, `no member ${member}`)
    this.#disks.set(member, seat.log.length)
  }

  /** Two heartbeats under one number. */
  #equivocate(member: number, world: World): void {
    const seat = world.seats.get(member)
    assert.ok(seat)
    for (const software of ['one', 'other']) {
      const bytes = seat.frame(member, 'heartbeat', quietHeartbeat({ software }), { head: { boot: 0xffff_fff0, seq: 7 } })
      world.tellFrame(member, 'all', bytes)
      for (const to of world.seats.keys()) if (to !== member) world.post({ from: member, to, channel: 'gossip', bytes })
    }
    world.settle()
  }
}

interface DrawnVault {
  readonly label: string
  readonly choices: VaultChoices
  /** Under the first lock. */
  readonly vault: TestVault
}

function show(world: World, members: readonly number[] | undefined): void {
  for (const [index, { state, tip }] of world.members(members)) {
    const { incidents, vaults } = state.durable
    for (const [id, incident] of sortedEntries(incidents)) {
      const vault = vaults.get(incident.vault_id)
      assert.ok(vault)
      const voters = sortedEntries(incident.votes).map(([member]) => member).join(' ')
      world.tell(index, `at ${tip}: ${id} is ${incidentStatus(vault, incident, tip)}, votes of ${voters || 'nobody'}`)
    }
  }
}

/** The federation after a change that all of the old members consent to. */
function successorOf({ federation, owner }: Setting, add: readonly string[], remove: readonly string[]): Setting {
  const names = federation.members.map(({ name }) => name)
  const lock = lockOf(definitionOf(names))
  const change = changeOf(lock, { add: add.map((name) => memberCard(name)), remove })
  const [first] = names.map(portsOf)
  assert.ok(first)
  const next = Federation.fromLocks(first, [lock, nextLockOf(change)]).at(-1)
  assert.ok(next)
  return { federation: next, ports: next.members.map(({ name }) => portsOf(name)), owner }
}

function membersOf(named: Arguments, key: string): readonly string[] {
  return named.get(key)?.split(',') ?? []
}

function splitAt(word: string): [string, string] {
  const at = word.indexOf('=')
  return [word.slice(0, at), word.slice(at + 1)]
}

function membersIn(list: string | undefined): number[] | undefined {
  return numbersIn(list)
}

function numbersIn(list: string | undefined): number[] | undefined {
  return list?.split(',').map(Number)
}
