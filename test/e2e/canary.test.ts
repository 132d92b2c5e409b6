import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { Thief } from '../../packages/cli/src/demo/scene/thief.ts'
import { type EnrolledVault, setUpVault } from '../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { DemoKeys } from '../../packages/cli/src/demo/vault/keys.ts'
import { SecretBytes } from '../../packages/keystore/src/index.ts'
import { Store } from '../../packages/node/src/index.ts'
import { useCluster } from '../support/cluster.ts'
import { Search, type Secret, custodySecrets, filesUnder, keySecrets, transactionSecrets } from '../support/secrets.ts'
import { TEST_LIMIT_MS, belfry, clawedBack, mineEverywhere, relayed, told, vaultAt } from '../support/watch.ts'

/** Blocks and indices of bitcoind, which are chain data and large. */
const CHAIN_DATA = /^bitcoind-\d+\/regtest\/(?:blocks|chainstate|indexes)\//

describe('the secrets of a whole run', function () {
  this.timeout(TEST_LIMIT_MS)
  const cluster = useCluster({ members: 3, logLevel: 'debug' })
  let vault: EnrolledVault
  const secrets: Secret[] = []

  before(async () => {
    const drawn: Uint8Array[] = []
    const keys = new DemoKeys(() => {
      const secret = SecretBytes.random(32)
      drawn.push(secret.use((bytes) => bytes.slice()))
      return secret
    })
    vault = await setUpVault(cluster(), { name: 'canary', act_at: 'confirmation', keys })
    secrets.push(...(await keySecrets(cluster())), ...(await custodySecrets(cluster(), vault)))
    secrets.push(...drawn.map((bytes, at) => ({ name: `vault key ${at}`, bytes })))
    assert.ok(secrets.length > 40)
  })

  /** Everything that can be read from outside, by name. */
  async function outside(): Promise<Map<string, Uint8Array>> {
    const { dir, members } = cluster()
    const found = new Map<string, Uint8Array>()
    for (const file of await filesUnder(dir)) {
      if (!CHAIN_DATA.test(file)) found.set(file, await readFile(join(dir, file)).catch(() => new Uint8Array(0)))
    }
    for (const member of members) {
      for (const [path, text] of await answersOf(member, vault)) found.set(`${member.name} ${path}`, Buffer.from(text))
      for (const what of ['cmdline', 'environ']) {
        found.set(`${member.name} ${what}`, await readFile(`/proc/${member.pid}/${what}`).catch(() => new Uint8Array(0)))
      }
      const explained = await belfry('incident', 'explain', '--json', '--config', member.files.config)
      found.set(`${member.name} incident explain`, Buffer.from(explained.stdout + explained.stderr))
    }
    return found
  }

  /** Where secrets stand, but for a passphrase in the file that its owner made for it. */
  function leaks(found: ReadonlyMap<string, Uint8Array>, sought: readonly Secret[]): string[] {
    const search = new Search(sought)
    return [...found].flatMap(([where, bytes]) =>
      search.in(bytes).filter((name) => where !== name.replace(': ', '/')).map((name) => `${name} in ${where}`))
  }

  it('are found where they stand: each passphrase in its own file, a transaction that was broadcast in its bytes', async () => {
    const { dir, members } = cluster()
    const search = new Search([...secrets, ...transactionSecrets(vault)])
    for (const { name, files } of members) assert.deepEqual(search.in(await readFile(files.passphrase)), [`${name}: passphrase`])
    const raw = Buffer.from(vault.unvault.raw)
    for (const shift of ['', 'x', 'xy']) {
      const text = Buffer.from(Buffer.concat([Buffer.from(shift), raw, Buffer.from('tail')]).toString('base64'))
      assert.deepEqual(search.in(text), ['unvault-0'], `at offset ${shift.length}`)
    }
    assert.deepEqual(search.in(Buffer.from(raw.toString('hex'))), ['unvault-0'])
    const first = cluster().member(1)
    const stored = await readFile(first.files.keystore)
    assert.ok((await filesUnder(dir)).some((file) => file.startsWith('tower-1/store/')), 'the stores are among what is searched')
    assert.deepEqual(search.in(stored), [])
  })

  it('stand nowhere once the vault is enrolled', async () => {
    assert.deepEqual(leaks(await outside(), [...secrets, ...transactionSecrets(vault)]), [])
  })

  it('stand nowhere after a clawback either, the transactions that were not needed included', async () => {
    const { regtest, members } = cluster()
    await new Thief(vault).unvault(regtest.node(0))
    await relayed(cluster(), vault.unvault.txid)
    await told(members, vault, 'certified')
    const unbroadcast = transactionSecrets(vault).filter(({ id }) => id !== 'unvault-0')
    assert.deepEqual(leaks(await outside(), [...secrets, ...unbroadcast]), [], 'before the theft is confirmed')

    await mineEverywhere(cluster())
    await clawedBack(cluster(), vault, 'mempool')
    await mineEverywhere(cluster())
    await told(members, vault, 'recovery-confirmed')
    const unneeded = unbroadcast.filter(({ id }) => id !== 'clawback-0-0')
    assert.deepEqual(leaks(await outside(), [...secrets, ...unneeded]), [])
    for (const { bitcoind } of regtest.nodes) {
      for (const { id } of unneeded) {
        const transaction = vault.set.transactions.find((one) => one.id === id)
        assert.ok(transaction)
        assert.equal(await bitcoind.getRawTransaction(transaction.txid), null, `${id} was never sent`)
      }
    }
  })

  it('stand in no record of a store, which is compressed on the disk', async () => {
    const { members } = cluster()
    await Promise.all(members.map((member) => member.stop()))
    const unneeded = transactionSecrets(vault).filter(({ id }) => id !== 'unvault-0' && id !== 'clawback-0-0')
    const search = new Search([...secrets, ...unneeded])
    const control = new Search([{ name: 'the manifest', bytes: vault.bundle.manifest.bytes }])
    for (const { files } of members) {
      const { store, log } = await Store.open(join(files.dataDir, 'store'))
      await store.close()
      const records = [...(log.snapshot ? [log.snapshot.bytes] : []), ...log.entries.map(({ bytes }) => bytes)]
      assert.ok(records.some((bytes) => control.in(bytes).length > 0), 'what must be in it is found')
      assert.deepEqual(records.flatMap((bytes) => search.in(bytes)), [])
    }
  })
})

/** Every answer that a node's HTTP gives. */
async function answersOf(member: Member, vault: EnrolledVault): Promise<Map<string, string>> {
  const incidents = (await vaultAt(member, vault))?.incidents ?? []
  const paths = [
    '/livez', '/readyz', '/metrics', '/api/v1/status', '/api/v1/vaults', '/api/v1/incidents', '/api/v1/peers',
    ...incidents.map(({ incident_id }) => `/api/v1/incidents/${incident_id}`),
  ]
  const answers = new Map<string, string>()
  for (const path of paths) {
    const answer = await member.api.get(path)
    assert.equal(answer?.status, 200, path)
    answers.set(path, answer.text)
  }
  return answers
}
