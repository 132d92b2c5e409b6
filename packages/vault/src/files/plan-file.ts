import { formatJson, type Infer, s } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { checkPlan } from '../plan/check.ts'
import { planFields, scriptsOf, type VaultPlan } from '../plan/plan.ts'
import { readFile } from './file.ts'

/** wsh() of an unvault script with fifteen keys has about 1,200 characters. */
const MAX_DESCRIPTOR_CHARS = 4_000
const descriptor = s.text(MAX_DESCRIPTOR_CHARS, 1)

/** `plan.json`. The descriptors repeat what follows from the keys, for people and wallets; they are checked. */
export const planFileSchema = s.struct({
  format: s.literal('belfry-vault-plan'),
  version: s.literal(1),
  ...planFields,
  descriptors: s.struct({
    deposit: descriptor,
    unvault: descriptor,
    deep_cold: descriptor,
    staging: s.nullable(descriptor),
  }),
})

type PlanFile = Infer<typeof planFileSchema>

export function planToJson(plan: VaultPlan): string {
  return formatJson(planFileSchema, toPlanFile(plan))
}

/**
 * Reads `plan.json` strictly and checks every rule of a plan.
 * @throws VaultError, and nothing else
 */
export function parsePlan(json: string): VaultPlan {
  return fromPlanFile(readFile(planFileSchema, json, 'plan.json'))
}

/** The part of other files that holds a whole plan. */
export function toPlanFile(plan: VaultPlan): PlanFile {
  return { format: 'belfry-vault-plan', version: 1, ...plan, descriptors: descriptorsOf(plan) }
}

/** @throws VaultError where a rule is broken or a descriptor does not follow from the keys */
export function fromPlanFile(file: PlanFile): VaultPlan {
  const { format: _format, version: _version, descriptors, ...plan } = file
  checkPlan(plan)
  const derived = descriptorsOf(plan)
  for (const name of ['deposit', 'unvault', 'deep_cold', 'staging'] as const) {
    if (descriptors[name] === derived[name]) continue
    throw new VaultError(
      'file-inconsistent',
      `plan.json, field descriptors.${name}: it does not follow from the keys, which give ${derived[name] ?? 'none'}`,
      'Do not use this plan before you know who changed it; make it anew from keys that you trust.',
    )
  }
  return plan
}

function descriptorsOf(plan: VaultPlan): PlanFile['descriptors'] {
  const { deposit, unvault, deep_cold, staging } = scriptsOf(plan)
  return {
    deposit: deposit.descriptor,
    unvault: unvault.descriptor,
    deep_cold: deep_cold.descriptor,
    staging: staging?.descriptor ?? null,
  }
}
