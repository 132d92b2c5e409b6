/** Which manifest a renewal follows: what enough members say, and none alone. */
import type { Federation, ManifestState } from '@belfry/protocol'
import type { ManifestHash, MemberIndex, VaultId } from '@belfry/protocol/primitives'
import type { FederationLink } from '../connect/federation-link.ts'
import type { SurveyResult } from '../connect/survey.ts'
import { ClientError } from '../errors.ts'

export interface Told {
  readonly hash: ManifestHash
  readonly generation: number
  readonly states: readonly { readonly member: MemberIndex; readonly state: ManifestState }[]
}

export interface VaultManifests {
  /** Active at more members than may lie; of several the newest. */
  readonly active: Told
  /** Every manifest that any member told of, the oldest generation first. */
  readonly all: readonly Told[]
}

/**
 * What members say of one vault's manifests.
 * @throws ClientError not-enrolled where no manifest is active at more than b members
 */
export function manifestsOf(
  { federation }: Pick<FederationLink, 'federation'>,
  results: readonly SurveyResult[],
  vault_id: VaultId,
): VaultManifests {
  const all = toldOf(results, vault_id)
  const active = activeAmong(federation, all)
  if (active) return { active, all }
  throw new ClientError(
    'not-enrolled',
    all.length === 0 ? 'no member knows this vault' : 'no manifest of this vault is active at enough members',
    'Enrol it first; where members are down, wait for them and run the same command again.',
  )
}

/** The manifest of a vault that is active at more members than may lie, of several the newest; null where none is. */
export function activeManifestOf(
  { federation }: Pick<FederationLink, 'federation'>,
  results: readonly SurveyResult[],
  vault_id: VaultId,
): Told | null {
  return activeAmong(federation, toldOf(results, vault_id)) ?? null
}

/** Every other manifest of a vault that more members than may lie tell of: its envelopes stay armed with them. */
export function besideManifest(
  { federation }: Pick<FederationLink, 'federation'>,
  results: readonly SurveyResult[],
  vault_id: VaultId,
  hash: ManifestHash,
): Told[] {
  return toldOf(results, vault_id).filter((one) => one.hash !== hash && one.states.length > federation.b)
}

function activeAmong({ b }: Pick<Federation, 'b'>, all: readonly Told[]): Told | undefined {
  return all.findLast(({ states }) => states.filter(({ state }) => state === 'active').length > b)
}

/** Every manifest that any member told of, the oldest generation first. */
function toldOf(results: readonly SurveyResult[], vault_id: VaultId): Told[] {
  const told = new Map<ManifestHash, { readonly states: Told['states'][number][]; readonly generations: number[] }>()
  for (const result of results) {
    if (result.result !== 'answer') continue
    const vault = result.answer.vaults.find((one) => one.vault_id === vault_id)
    // Whoever names a manifest twice is heard once, or one liar would have as many voices as he likes.
    const named = new Map((vault?.manifests ?? []).map((one) => [one.manifest_hash, one]))
    for (const { manifest_hash: hash, generation, state } of named.values()) {
      const one = told.get(hash) ?? { states: [], generations: [] }
      one.states.push({ member: result.member, state })
      one.generations.push(generation)
      told.set(hash, one)
    }
  }
  return [...told]
    .map(([hash, { states, generations }]) => ({ hash, generation: mostTold(generations), states }))
    .toSorted((a, b) => a.generation - b.generation)
}

function mostTold(generations: readonly number[]): number {
  const voices = (generation: number) => generations.filter((one) => one === generation).length
  const [best = 0] = generations.toSorted((a, b) => voices(b) - voices(a) || a - b)
  return best
}
