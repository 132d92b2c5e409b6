/** Whose word counts on what takes a coin home. */
import { unvaultOutpoint } from '../custody/manifest.ts'
import type { Outpoint } from '../primitives/index.ts'
import type { HeldManifest, Vault } from '../state/durable.ts'

/**
 * The activated manifests that know this coin; where there are none, all that do. One that only waits to be activated may be a
 * thief's, who stole the enrolment keys: it names what it likes as a recovery, and must not make a theft look like one.
 */
export function manifestsJudging(vault: Vault, outpoint: Outpoint): readonly HeldManifest[] {
  const isDeposit = outpoint === vault.deposit
  const knowing = vault.manifests.filter(
    ({ manifest }) => isDeposit || manifest.unvaults.some((one) => unvaultOutpoint(one) === outpoint),
  )
  const activated = knowing.filter(({ activated_height }) => activated_height !== null)
  return activated.length > 0 ? activated : knowing
}

/** Those whose emergency rungs are sent: what the others' would look like to me is a theft. */
export function manifestsWithEmergency(vault: Vault): readonly HeldManifest[] {
  const judging = manifestsJudging(vault, vault.deposit).filter(({ manifest }) => manifest.emergency.length > 0)
  return judging.length > 0 ? judging : vault.manifests
}
