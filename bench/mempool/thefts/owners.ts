/** Owners enough to enrol many vaults soon: a member lets each of them ask so many times a minute only. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Cluster, type OwnerKeys } from '../../../packages/cli/src/demo/cluster/index.ts'
import { makeOwner } from '../../../packages/cli/src/demo/cluster/ceremony.ts'
import { type EnrolmentBundle, FederationLink, enrol, guardedVaultOf, makeBundle } from '../../../packages/client/src/index.ts'
import type { PreparedVault } from '../../reaction/vaults.ts'

/** A member takes 120 requests of an owner at once; a vault takes two of them. */
const VAULTS_PER_OWNER = 50
/** A member that is busy is asked again. */
const ENROL_RETRIES = 20
const ENROL_RETRY_MS = 500

interface Owner {
  readonly keys: OwnerKeys
  readonly link: FederationLink
}

export interface EnrolledVault {
  readonly vault: PreparedVault
  readonly bundle: EnrolmentBundle
}

export class Owners implements AsyncDisposable {
  readonly #owners: Owner[] = []

  /** Starts all members anew, who then admit them. */
  static async admit(cluster: Cluster, vaults: number): Promise<Owners> {
    const owners = new Owners()
    const { federation, members, lock } = cluster
    for (let at = 0; at < Math.ceil(vaults / VAULTS_PER_OWNER); at++) {
      const keys = await makeOwner(join(cluster.dir, `owner-${at + 1}`))
      owners.#owners.push({ keys, link: await FederationLink.open(federation, keys.connect.identitySeed) })
    }
    const ownerCards = owners.#owners.map(({ keys }) => keys.files.card)
    await Promise.all(members.map(async (member) => {
      await member.stop()
      await rm(member.files.config)
      await member.writeConfig({ lock, ownerCards, logLevel: 'info' })
      await member.start()
    }))
    await Promise.all(members.map((member) => member.ready(members.length - 1)))
    return owners
  }

  /** With all members. @param at the vault's number, by which its owner is chosen */
  async enrol(vault: PreparedVault, at: number): Promise<EnrolledVault> {
    const owner = this.#owners[Math.floor(at / VAULTS_PER_OWNER)]
    if (owner === undefined) throw new RangeError('there are too few owners')
    const { link, keys } = owner
    const { federation } = link
    using guarded = guardedVaultOf(vault.set, { name: vault.name, federation })
    const bundle = await makeBundle({ federation, vault: guarded, root: keys.root })
    const { active, results } = await enrol(link, bundle, { retries: ENROL_RETRIES, retry_ms: ENROL_RETRY_MS })
    if (active.length === federation.members.length) return { vault, bundle }
    const reasons = results.flatMap((one) => (one.result === 'receipt' ? [] : [`member ${one.member}: ${one.message}`]))
    throw new Error(`${vault.name} is not active everywhere: ${reasons.join('; ')}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#owners.map(({ link }) => link.close()))
    for (const { keys } of this.#owners) {
      keys.connect.wipe()
      keys.root.wipe()
    }
  }
}
