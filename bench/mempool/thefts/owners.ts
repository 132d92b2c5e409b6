/** Owners enough to enrol many vaults at one member: each may ask it so many times a minute only. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Cluster, type OwnerKeys } from '../../../packages/cli/src/demo/cluster/index.ts'
import { makeOwner } from '../../../packages/cli/src/demo/cluster/ceremony.ts'
import { type EnrolmentBundle, FederationLink, guardedVaultOf, makeBundle } from '../../../packages/client/src/index.ts'
import type { MemberIndex } from '../../../packages/protocol/src/primitives/index.ts'
import type { PreparedVault } from '../../reaction/vaults.ts'

/** Below the 120 requests that a member takes of one owner at once. */
export const VAULTS_PER_OWNER = 100

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
  readonly #to: MemberIndex

  private constructor(to: MemberIndex) {
    this.#to = to
  }

  /** Starts the member anew, as whose owners they are admitted. */
  static async admit(cluster: Cluster, to: MemberIndex, vaults: number): Promise<Owners> {
    const owners = new Owners(to)
    const { federation, members } = cluster
    for (let at = 0; at < Math.ceil(vaults / VAULTS_PER_OWNER); at++) {
      const keys = await makeOwner(join(cluster.dir, `owner-${at + 1}`))
      owners.#owners.push({ keys, link: await FederationLink.open(federation, keys.connect.identitySeed) })
    }
    const member = cluster.member(to)
    await member.stop()
    await rm(member.files.config)
    await member.writeConfig({ lock: cluster.lock, ownerCards: owners.#owners.map(({ keys }) => keys.files.card), logLevel: 'info' })
    await member.start()
    await member.ready(members.length - 1)
    return owners
  }

  /**
   * With this one member, which guards a vault from its receipt on. That others hold it, too, is for the owner to know: it
   * makes no difference to an incident.
   */
  async enrol(vault: PreparedVault, at: number): Promise<EnrolledVault> {
    const owner = this.#owners[Math.floor(at / VAULTS_PER_OWNER)]
    if (owner === undefined) throw new RangeError('there are too few owners')
    const { link: { federation }, link, keys } = owner
    using guarded = guardedVaultOf(vault.set, { name: vault.name, federation })
    const bundle = await makeBundle({ federation, vault: guarded, root: keys.root })
    const shares = bundle.shares[this.#to - 1] ?? []
    const answer = await link.enrol(this.#to, { request: 'manifest', manifest: bundle.manifest, envelopes: bundle.envelopes, shares })
    if (answer.answer !== 'receipt') throw new Error(`${vault.name} is not taken into custody: ${JSON.stringify(answer)}`)
    return { vault, bundle }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#owners.map(({ link }) => link.close()))
    for (const { keys } of this.#owners) {
      keys.connect.wipe()
      keys.root.wipe()
    }
  }
}
