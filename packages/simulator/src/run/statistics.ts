/** What was seen: a digest that two runs of one seed share, and which pairs of input and state occurred. */
import { type DurableEffect, type Input, type Output, type Reading, incidentStatus, isMemberKind } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Probe, SimMember } from '../member/index.ts'
import { pairOf } from './coverage.ts'

export class Statistics implements Probe {
  /** By input, then by state. */
  readonly #met = new Map<string, Map<string, number>>()
  readonly #reading: Reading
  readonly #status = new Map<MemberIndex, string>()
  /** As each tells it in its heartbeats. */
  readonly #standing = new Map<MemberIndex, string>()
  #steps = 0
  #a = 0x811c_9dc5
  #b = 0x9e37_79b9

  constructor(reading: Reading) {
    this.#reading = reading
  }

  /** Inputs that cores were given. */
  get steps(): number {
    return this.#steps
  }

  get coverage(): ReadonlyMap<string, number> {
    const pairs = new Map<string, number>()
    for (const [input, states] of this.#met) for (const [state, times] of states) pairs.set(pairOf(input, state), times)
    return pairs
  }

  get digest(): string {
    return [this.#a, this.#b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }

  onStep(member: SimMember, input: Input, output: Output, index: number): void {
    this.#steps += 1
    const name = nameOf(input, output)
    this.#mix(input.at_ms % 0x7fff_ffff)
    this.#mix(member.index)
    this.#mix(name.length)
    this.#mix(index)
    this.#mix(output.afterDurable.length)
    for (const effect of output.afterDurable) if ('bytes' in effect) this.#mix(sumOf(effect.bytes))
    if (output.records.length > 0) this.#status.set(member.index, statusOf(member))
    this.#meet(name, [this.#status.get(member.index) ?? 'none', this.#standing.get(member.index) ?? 'starting'])
  }

  onLeaving(member: SimMember, effect: DurableEffect): void {
    if (effect.effect !== 'gossip') return
    const head = this.#reading.header(this.#reading.frame(effect.bytes).signed)
    if (head.kind !== 'heartbeat' || !isMemberKind(head.kind) || head.from !== member.index) return
    this.#standing.set(member.index, this.#reading.body(head.kind, head.body).standing)
  }

  onStarted(member: SimMember): void {
    this.#standing.delete(member.index)
  }

  #meet(input: string, states: readonly string[]): void {
    const met = this.#met.get(input) ?? new Map<string, number>()
    this.#met.set(input, met)
    for (const state of states) met.set(state, (met.get(state) ?? 0) + 1)
  }

  #mix(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x0100_0193)
    this.#b = Math.imul(this.#b ^ (value + this.#steps), 0x85eb_ca6b)
  }
}

/** Signatures differ where anything does. */
function sumOf(bytes: Uint8Array): number {
  let sum = bytes.length
  for (let at = 0; at < bytes.length; at += 5) sum = (Math.imul(sum, 31) + (bytes[at] ?? 0)) | 0
  return sum
}

export function nameOf(input: Input, output: Output): string {
  switch (input.kind) {
    case 'chain':
      return `chain ${input.event.event}`
    case 'outcome':
      return `outcome ${input.outcome.of}`
    case 'frame':
      return `frame ${kindOf(output)}`
    case 'request':
      return `request ${input.protocol}`
    default:
      return input.kind
  }
}

function kindOf(output: Output): string {
  for (const effect of output.immediate) if (effect.effect === 'verdict') return effect.kind
  return 'unknown'
}

/** Of the incident opened last. */
function statusOf({ state }: SimMember): string {
  if (!state) return 'none'
  const { incidents, vaults, position } = state.durable
  const incident = [...incidents.values()].at(-1)
  const vault = incident && vaults.get(incident.vault_id)
  return incident && vault ? incidentStatus(vault, incident, position?.height ?? 0) : 'none'
}
