import type { CryptoPorts, Federation, Reading } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { type Alert, type Context, FrameReader, Heard, INVARIANTS, type Invariant, ToldAlerts, ToldChains, type Violation, type Watcher } from '../invariants/index.ts'
import type { Probe, SimMember } from '../member/index.ts'
import type { Vaults } from '../shell/index.ts'
import type { World } from '../world/index.ts'

export interface JudgeModules {
  readonly world: World
  /** As the lock has it. */
  readonly federation: Federation
  /** Of the epoch. */
  readonly mark: string
  readonly vaults: Vaults
  readonly ports: CryptoPorts
  readonly reading: Reading
  readonly members: ReadonlyMap<MemberIndex, SimMember>
  readonly isHonest: (member: MemberIndex) => boolean
  readonly isConnected: Context['isConnected']
  readonly is_calm: boolean
  readonly is_lossless: boolean
  readonly is_thorough: boolean
}

type Named = Pick<Invariant, 'name' | 'sentence'>

/** A bug that shows as such: no invariant of the protocol, but one of the program. */
const SOUND: Named = { name: 'sound', sentence: 'no member ends but by a crash or a failing disk' }

/** Holds a run to every invariant; the first that does not hold is what the run is about. */
export class Judge implements Probe {
  readonly #modules: JudgeModules
  /** What is told of members goes to these, in order. */
  readonly watchers: readonly Watcher[]
  #violation: Violation | null = null
  /** That had to be told in this run. */
  readonly due = new Set<Alert>()

  constructor(modules: JudgeModules) {
    this.#modules = modules
    const told = new ToldChains()
    const alerts = new ToldAlerts()
    const frames = new FrameReader(modules.reading)
    const heard = new Heard({ ...modules, frames })
    const known = { told, alerts, heard, frames }
    this.watchers = [told, alerts, heard, ...INVARIANTS.map((invariant) => invariant.watch(this.#contextOf(invariant, known))), this]
  }

  get violation(): Violation | null {
    return this.#violation
  }

  onFatal(member: SimMember, error: Error): void {
    const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : ''
    this.fail(SOUND, `${error.message}: ${cause}`, member.index)
  }

  fail({ name, sentence }: Named, detail: string, member: MemberIndex | null = null): void {
    this.#violation ??= { invariant: name, sentence, detail, at_ms: this.#modules.world.now_ms, member, mark: this.#modules.mark }
  }

  end(): void {
    for (const watcher of this.watchers) watcher.onEnd?.()
  }

  #contextOf(invariant: Invariant, known: Pick<Context, 'told' | 'alerts' | 'heard' | 'frames'>): Context {
    const { world, federation, vaults, ports, members, isHonest, isConnected, is_calm, is_lossless, is_thorough } = this.#modules
    return {
      ...known,
      world,
      is_calm,
      is_lossless,
      is_thorough,
      isConnected,
      federation,
      vaults,
      ports,
      members,
      isHonest,
      mayContradict: (member) => members.get(member)?.may_contradict ?? false,
      due: (alert) => this.due.add(alert),
      fail: (detail, member) => this.fail(invariant, detail, member),
    }
  }
}

/** One probe that tells several. */
export function combine(probes: readonly Probe[]): Required<Probe> {
  // Sorted out once: steps are told by the hundred thousand.
  const telling = (name: keyof Probe): Probe[] => probes.filter((probe) => probe[name] !== undefined)
  const [steps, leaving, immediate] = [telling('onStep'), telling('onLeaving'), telling('onImmediate')]
  return {
    onStep(member, input, output, index) {
      for (const probe of steps) probe.onStep?.(member, input, output, index)
    },
    onLeaving(member, effect) {
      for (const probe of leaving) probe.onLeaving?.(member, effect)
    },
    onImmediate(member, effect) {
      for (const probe of immediate) probe.onImmediate?.(member, effect)
    },
    onCrash(member) {
      for (const probe of probes) probe.onCrash?.(member)
    },
    onStarted(member, durable) {
      for (const probe of probes) probe.onStarted?.(member, durable)
    },
    onDiskFailed(member) {
      for (const probe of probes) probe.onDiskFailed?.(member)
    },
    onFatal(member, error) {
      for (const probe of probes) probe.onFatal?.(member, error)
    },
    onRefused(member, input) {
      for (const probe of probes) probe.onRefused?.(member, input)
    },
  }
}
