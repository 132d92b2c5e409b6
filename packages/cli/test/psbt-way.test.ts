/** A vault whose cold keys never meet: each signs PSBTs on a device of its own, and the thief of the hot device gets nothing. */
import assert from 'node:assert/strict'
import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { pollUntil } from '@belfry/client/regtest'
import type { Device } from './support/device.ts'
import { useHarbour } from './support/harbour.ts'

const VALUE_SATS = 50_000_000
const LIMIT_MS = 60_000
/** Each with one of the two cold keys that sign, and with nothing of the others. */
const SIGNERS = ['signer-1', 'signer-2'] as const

interface Planned {
  readonly deposit: { readonly address: string }
  readonly deep_cold: { readonly address: string }
  readonly transactions: readonly { readonly id: string; readonly txid: string }[]
}

describe('two signers by PSBT, as a person types it', function () {
  this.timeout(120_000)
  const harbour = useHarbour(['alice'])
  let alice: Device
  let signers: readonly Device[]
  let planned: Planned

  before(async () => {
    alice = harbour().owner('alice')
    await harbour().start()
    signers = await Promise.all(SIGNERS.map((name) => harbour().device(name)))
    const others = { 'signer-3': '--cold 1 --hot 0 --deep-cold 0', hot: '--cold 0 --deep-cold 0', deep: '--cold 0 --hot 0', heir: '--cold 0 --hot 0 --deep-cold 0 --heir 1' }
    for (const signer of signers) await makeKeys(signer, '--cold 1 --hot 0 --deep-cold 0')
    for (const [name, which] of Object.entries(others)) await makeKeys(await harbour().device(name), which)
  })

  /** Only the public keys leave the device. */
  async function makeKeys(device: Device, which: string): Promise<void> {
    await device.done(`vault keys --out keys ${which} --passphrase-file pass`)
    const name = device.path.split('/').at(-1) ?? ''
    await cp(device.file('keys', 'vault-keys.json'), alice.file(`${name}.json`))
  }

  const KEYS = '--keys signer-1.json signer-2.json signer-3.json hot.json deep.json heir.json'

  it('plans around a deposit that bitcoind knows, and says what each transaction is for', async () => {
    const { address } = await alice.result<{ address: string }>(`vault address --network regtest ${KEYS}`)
    const deposit = await harbour().pay(address, VALUE_SATS)
    const words = await alice.done(
      `vault plan --network regtest ${KEYS} --deposit ${deposit} --csv 12 --profile full --heir-after 1000 ${harbour().asking}`,
    )
    assert.match(words, /The deposit is there, unspent, with this value and script\./)
    planned = await alice.result<Planned>('vault show plan.json')
    assert.equal(planned.deposit.address, address)
    for (const id of ['unvault-0', 'unvault-2', 'emergency-0', 'anchored-0']) assert.match(words, new RegExp(`\\b${id}\\b`))
  })

  it('has each device sign what it sees of the plan and the PSBTs alone', async () => {
    const words = await alice.done('vault sign --psbt-out unsigned')
    assert.match(words, /not signed/)
    for (const signer of signers) {
      await alice.bring(signer, 'plan.json')
      await alice.bring(signer, 'unsigned')
      assert.match(await signer.done('vault show plan.json'), new RegExp(planned.deep_cold.address))
      const said = await signer.done('vault sign --psbt-in unsigned --keys keys/cold-1.key --psbt-out signed --passphrase-file pass')
      assert.match(said, /signed with 1 key file\b/)
      const own = (await readdir(signer.path)).toSorted()
      assert.deepEqual(own, ['keys', 'pass', 'plan.json', 'signed', 'unsigned'])
    }
  })

  it('refuses to make a set of too few signatures', async () => {
    await signers[0]?.bring(alice, 'signed', 'signed-1')
    const said = await alice.refused(3, 'vault sign --psbt-in signed-1 --passphrase-file pass')
    assert.match(said, /signature/)
  })

  it('signs no PSBT that somebody changed on the way, and says which', async () => {
    const [signer] = signers
    assert.ok(signer)
    await cp(signer.file('unsigned'), signer.file('changed'), { recursive: true })
    const path = signer.file('changed', 'emergency-0.psbt')
    const bytes = await readFile(path)
    // The first output's script is of deep cold: one byte of it is the thief's.
    const at = bytes.indexOf(Buffer.from('0020', 'hex')) + 10
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await writeFile(path, bytes)
    const said = await signer.refused(3, 'vault sign --psbt-in changed --keys keys/cold-1.key --psbt-out never --passphrase-file pass')
    assert.match(said, /emergency-0/)
    assert.ok(!(await readdir(signer.path)).includes('never'))
    await rm(signer.file('changed'), { recursive: true })
  })

  it('combines no folder that was changed on the way back', async () => {
    await signers[1]?.bring(alice, 'signed', 'signed-2')
    const path = alice.file('signed-2', 'unvault-0.psbt')
    const good = await readFile(path)
    const bad = Buffer.from(good)
    const at = bad.lastIndexOf(Buffer.from('3044', 'hex')) + 8
    bad[at] = (bad[at] ?? 0) ^ 1
    await writeFile(path, bad)
    const said = await alice.refused(3, 'vault sign --psbt-in signed-1 signed-2 --passphrase-file pass')
    assert.match(said, /unvault-0/)
    assert.ok(!(await readdir(alice.path)).includes('recovery-set.json'))
    await writeFile(path, good)
  })

  it('combines the PSBTs of both, and verifies the set on every device', async () => {
    await alice.done('vault sign --psbt-in signed-1 signed-2 --passphrase-file pass')
    for (const device of [...signers, alice]) {
      if (device !== alice) {
        await alice.bring(device, 'recovery-set.json')
        await alice.bring(device, 'pass', 'set-pass')
      }
      const pass = device === alice ? 'pass' : 'set-pass'
      const said = await device.done(`vault verify --confirm ${planned.deep_cold.address} --passphrase-file ${pass}`)
      assert.match(said, /All as planned, to the destination that you confirmed\./)
      await device.refused(3, `vault verify --confirm ${planned.deposit.address} --passphrase-file ${pass}`)
    }
    const said = await alice.done(`vault verify --passphrase-file pass ${harbour().asking}`)
    assert.match(said, /bitcoind: the deposit is there, unspent/)
  })

  it('enrols it, lists it and shows it', async () => {
    const words = await alice.done('vault enrol --data owner --name savings --passphrase-file pass --wait 30')
    assert.match(words, /3 of 3 members hold vault savings; it is protected and active\./)
    assert.match(await alice.done('vault list --data owner --passphrase-file pass'), /tower-3 \(3\)\s+generation 1\s+active/)
    assert.match(await alice.done('vault show --data owner --passphrase-file pass'), /^savings: 0\.50000000 BTC/)
  })

  it('tells the operator what the fee wallet lacks, until it has it', async () => {
    const [node] = harbour().nodes
    assert.ok(node)
    const show = `node fees show --config ${node.config}`
    assert.match(await alice.done(show), /missing: .*\n→ .*belfry node fees create/)
    const made = await alice.done(`node fees create --config ${node.config}`)
    assert.match(made, /Made the key of the fee wallet\./)
    assert.match(await alice.refused(3, `node fees create --config ${node.config}`), /fee-key\.json.*\n→ .*never replaced/)
    await node.stop()
    await node.start()
    await node.ready(harbour().nodes.length - 1)
    const { next_address } = await alice.result<{ next_address: string }>(show)
    assert.match(await alice.done(show), /empty: /)
    await harbour().pay(next_address, 400_000)
    await pollUntil('a reserve', LIMIT_MS, async () => (await alice.done(show)).includes('0.00400000 BTC, of'))
    assert.doesNotMatch(await alice.done(show), /→/)
  })

  it('takes the coin back from a thief with the hot device, and tells the story', async () => {
    const theft = await harbour().steal(alice.file('unvault.json'), 1)
    await harbour().spenderOf(`${theft}:0`)
    await harbour().mine()
    const { config } = harbour().nodes[0] ?? {}
    const story = await pollUntil('a story that ends', LIMIT_MS, async () => {
      const { code, stdout } = await alice.type(`incident explain --config ${config}`)
      return code === 0 && /is confirmed/.test(stdout) && stdout
    })
    assert.match(story, /theft/)
    const clawed = await harbour().balanceOf(planned.deep_cold.address)
    assert.ok(clawed > VALUE_SATS * 0.98, `${clawed} sat`)
    assert.match(await alice.done('vault list --data owner --passphrase-file pass'), /recovered/)
  })

  it('goes from hand to hand as well, for clawbacks that a coin may join', async () => {
    const [one, two] = signers
    assert.ok(one && two)
    const { address } = await alice.result<{ address: string }>(`vault address --network regtest ${KEYS}`)
    const deposit = await harbour().pay(address, VALUE_SATS)
    const words = await alice.done(`vault plan --network regtest ${KEYS} --deposit ${deposit} --csv 12 --profile full --anyone-can-pay --out second.json ${harbour().asking}`)
    assert.match(words, /anyone-can-pay-0: takes unvault-0 back to deep cold with a coin of a member's own as further fee/)
    assert.match(await alice.done('vault sign --plan second.json --psbt-out second'), /ALL\|ANYONECANPAY.* it is meant/)
    for (const [from, to, folder] of [[alice, one, 'second'], [one, two, 'second-1']] as const) {
      await alice.bring(to, 'second.json')
      await from.bring(to, folder)
      const out = to === one ? 'second-1' : 'second-2'
      await to.done(`vault sign --plan second.json --psbt-in ${folder} --keys keys/cold-1.key --psbt-out ${out} --passphrase-file pass`)
    }
    await two.bring(alice, 'second-2')
    await alice.done('vault sign --plan second.json --psbt-in second-2 --out second-set.json --passphrase-file pass')
    const said = await alice.done(`vault verify --plan second.json --set second-set.json --passphrase-file pass ${harbour().asking}`)
    assert.match(said, /unspent, and every transaction would be taken\./)
    const files = '--enrolment second-enrolment.json --receipts second-receipts.json --unvault second-unvault.json'
    await alice.done(`vault enrol --data owner --set second-set.json --name fees ${files} --passphrase-file pass --wait 30`)
    const theft = await harbour().steal(alice.file('second-unvault.json'), 2)
    await harbour().spenderOf(`${theft}:0`)
    await harbour().mine()
    const clawed = await harbour().balanceOf(planned.deep_cold.address)
    assert.ok(clawed > 2 * VALUE_SATS * 0.98, `${clawed} sat`)
  })
})
