import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { Thief } from '../../packages/cli/src/demo/scene/thief.ts'
import { type EnrolledVault, setUpVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { FederationLink, OwnerKey, enrol, guardedVaultOf, makeBundle, verifier } from '../../packages/client/src/index.ts'
import { taggedHash } from '../../packages/protocol/src/index.ts'
import { type MemberIndex, type Sats, toHex } from '../../packages/protocol/src/primitives/index.ts'
import { useCluster } from '../support/cluster.ts'
import { type NextEpoch, type Newcomer, newcomer, nextEpoch, reenrol } from '../support/membership.ts'
import { TEST_LIMIT_MS, belfry, clawbackAt, clawedBack, eventually, mineEverywhere, relayed, vaultAt } from '../support/watch.ts'

/** Pays to a witness program that nobody can spend from. */
const WATCHED = Uint8Array.of(0x00, 0x14, ...new Uint8Array(20).fill(0xb7))

/** tower-5 makes way for tower-6, which takes over its bitcoind. */
describe('a change of members', function () {
  this.timeout(TEST_LIMIT_MS)
  const cluster = useCluster()
  let during: EnrolledVault
  let moved: EnrolledVault
  let left: EnrolledVault
  let joining: Newcomer
  let joined: Member
  let next: NextEpoch

  const tower = (index: number): Member => cluster().member(index)
  const living = (): Member[] => [...cluster().living, joined].filter(({ isRunning }) => isRunning)
  const stage = () => ({ regtest: cluster().regtest, living: living() })
  const epochsAt = async ({ api }: Member): Promise<number[]> => ((await api.status())?.epochs ?? []).map(({ epoch }) => epoch)

  async function configure(member: Member, lock: string, previousLocks: readonly string[]): Promise<void> {
    await rm(member.files.config, { force: true })
    await member.writeConfig({ lock, previousLocks, ownerCards: [cluster().owner.files.card], logLevel: 'info' })
  }

  /** As an operator does it: the new lock beside the old one, and a restart. */
  async function adopt(member: Member, meanwhile = async (): Promise<void> => {}): Promise<void> {
    await member.stop()
    await meanwhile()
    await configure(member, next.path, [cluster().lock])
    await member.start()
    await eventually(`${member.name} serves its epochs`, async () => (await epochsAt(member)).length > 0)
  }

  /** Until nobody of these sees less than `alive` others alive in this epoch. */
  async function alive(members: readonly Member[], epoch: number, others: number): Promise<void> {
    await Promise.all(members.map((member) => eventually(`${others} others alive in epoch ${epoch} at ${member.name}`, async () => {
      const seen = (await member.api.status())?.epochs.find((one) => one.epoch === epoch)
      return seen?.peers.alive === others
    })))
  }

  async function steal(vault: EnrolledVault, node: number): Promise<void> {
    await new Thief(vault).unvault(cluster().regtest.node(node))
    await relayed(cluster(), vault.unvault.txid)
    await mineEverywhere(stage())
  }

  /** By widening, where the first to be handed shares are gone. */
  async function recovered(vault: EnrolledVault): Promise<void> {
    await eventually('the clawback in the mempool', async () => {
      if ((await clawbackAt(cluster().regtest.node(0), vault)) !== null) return true
      await mineEverywhere(stage())
      return false
    })
    await mineEverywhere(stage())
    await clawedBack(cluster(), vault, 'confirmed')
  }

  before(async () => {
    during = await setUpVault(cluster(), { name: 'stolen during the change', act_at: 'confirmation' })
    moved = await setUpVault(cluster(), { name: 'moves', act_at: 'confirmation' })
    left = await setUpVault(cluster(), { name: 'stays behind', act_at: 'confirmation' })
    joining = await newcomer(cluster(), 'tower-6', cluster().regtest.node(4))
    next = await nextEpoch(cluster(), { add: [joining], remove: ['tower-5'] })
    joined = joining.memberAt(5 as MemberIndex)
  })

  after(async () => {
    await joined?.stop()
    joining?.keys.wipe()
  })

  it('answers a theft under the old lock while some members have the new one and one is gone', async () => {
    await tower(5).kill()
    await tower(4).kill()
    await adopt(tower(1), async () => {
      const added = await belfry('watch', 'add', '--config', tower(1).files.config, '--script', toHex(WATCHED))
      assert.equal(added.exit, 0, added.stderr)
      await cluster().regtest.purse.fund([{ script: WATCHED, value: 70_000n as Sats }])
    })
    await adopt(tower(2))
    await configure(joined, next.path, [cluster().lock])
    await joined.start()
    await alive([tower(1), tower(2)], 0, 2)
    await alive([tower(1), tower(2), joined], 1, 2)
    assert.deepEqual(await epochsAt(tower(1)), [1, 0])
    assert.deepEqual(await epochsAt(tower(3)), [0])
    assert.deepEqual(await epochsAt(joined), [1])
    assert.equal((await vaultAt(tower(1), during))?.epoch, 0)

    await steal(during, 2)
    await recovered(during)
    const explained = await belfry('incident', 'explain', '--config', tower(1).files.config)
    assert.equal(explained.exit, 0, explained.stderr)
    assert.match(explained.stdout, /signature valid/)
    assert.doesNotMatch(explained.stdout, /SIGNATURE WRONG/)
  })

  it('misses nothing that wallets wait for between the last block under the one lock and the first under the next', async () => {
    const confirmed = await eventually('the payment is told', async () => {
      const answer = await tower(1).api.get('/api/v1/movements')
      const { result } = JSON.parse(answer?.text ?? '{}') as { result?: { movements: { event: string }[] } }
      const found = result?.movements.filter(({ event }) => event === 'payment-confirmed') ?? []
      return found.length > 0 ? found : null
    })
    assert.equal(confirmed.length, 1)
  })

  it('lets a removed member take part in the old epoch, and says so', async () => {
    for (const index of [3, 4, 5]) await adopt(tower(index))
    assert.deepEqual(await epochsAt(tower(5)), [0])
    assert.match(await readFile(tower(5).files.log, 'utf8'), /"event":"member-removed","epoch":1/)
    await alive([tower(1), tower(5)], 0, 4)
    await alive([tower(1), tower(4), joined], 1, 4)
    assert.equal((await tower(1).api.readiness())?.ready, true)
  })

  it('takes no enrolment in the new epoch at members that know from the old one that its keys did not sign it', async () => {
    const { root } = cluster().owner
    using stranger = OwnerKey.random()
    using vault = guardedVaultOf(left.set, { name: 'stays behind', federation: next.federation })
    const enrolment = { k: 1, keys: [root.publicKey, stranger.publicKey] }
    const bundle = await makeBundle({
      federation: next.federation, vault, root, owner: { enrol: enrolment, announce: [], panic: { k: 1, keys: [root.publicKey] } },
    })
    const { bytes } = bundle.manifest
    const signature = stranger.signSchnorr(taggedHash(verifier, 'manifest', bytes))
    const stolen = { ...bundle, manifest: { bytes, signatures: [{ key: stranger.publicKey, signature }] } }
    const link = await FederationLink.open(next.federation, cluster().owner.connect.identitySeed)
    try {
      const { results } = await enrol(link, stolen, { retries: 2 })
      const codes = results.map((one) => (one.result === 'receipt' ? 'receipt' : one.code))
      const refused = 'earlier-keys-missing'
      assert.deepEqual(codes, [refused, refused, refused, refused, 'receipt'], 'who joined knows of no earlier epoch')
    } finally {
      await link.close()
    }
  })

  it('answers a theft under the new lock, once the owner has enrolled again, with too few left of the old epoch', async () => {
    await reenrol(cluster(), next.federation, moved, 'moves')
    for (const member of [1, 2, 3, 4].map(tower)) {
      await eventually(`active in both epochs at ${member.name}`, async () => {
        const views = ((await member.api.vaults()) ?? []).filter(({ deposit }) => deposit.outpoint === moved.plan.deposit.outpoint)
        return views.map(({ epoch, state }) => `${epoch} ${state}`).join() === '1 active,0 active'
      })
    }
    assert.equal((await vaultAt(joined, moved))?.protected, true)

    await Promise.all([3, 4, 5].map((index) => tower(index).kill()))
    await steal(moved, 0)
    await recovered(moved)
    const incidents = (await tower(1).api.incidents()) ?? []
    const ours = incidents.filter(({ vault_name }) => vault_name === 'moves')
    assert.deepEqual(ours.map(({ epoch }) => epoch), [1, 0], 'one theft is an incident of both epochs')
  })

  it('names the vaults that are left unguarded when the old lock is taken out of the configuration', async () => {
    await tower(1).stop()
    await configure(tower(1), next.path, [])
    await tower(1).start()
    await eventually('tower-1 serves its epoch', async () => (await epochsAt(tower(1))).join() === '1')
    const warning = (await readFile(tower(1).files.log, 'utf8')).split('\n').find((line) => line.includes('"epoch-not-served"'))
    assert.ok(warning)
    const { epoch, vaults } = JSON.parse(warning) as { epoch: number; vaults: string[] }
    assert.equal(epoch, 0)
    assert.ok(vaults.includes('stays behind'), vaults.join())
    assert.equal(await vaultAt(tower(1), left), null)
  })
})
