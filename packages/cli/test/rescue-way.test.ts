/** With every node gone, the owner claws the coin back alone: by a bitcoind of any kind, or from paper. */
import assert from 'node:assert/strict'
import type { Device } from './support/device.ts'
import { useHarbour } from './support/harbour.ts'

const VALUE_SATS = 50_000_000

interface Shown {
  readonly deep_cold: { readonly address: string }
}

describe('an owner alone, as a person types it', function () {
  this.timeout(120_000)
  const harbour = useHarbour(['alice'])
  let alice: Device
  let deepCold = ''

  before(async () => {
    alice = harbour().owner('alice')
    await harbour().start()
    await alice.done('vault keys --out keys --passphrase-file pass')
    for (const name of ['first', 'second', 'third']) await enrol(name)
    ;({ deep_cold: { address: deepCold } } = await alice.result<Shown>('vault show first-plan.json'))
    await harbour().stop()
  })

  async function enrol(name: string): Promise<void> {
    const { address } = await alice.result<{ address: string }>('vault address --network regtest --keys keys/vault-keys.json')
    const deposit = await harbour().pay(address, VALUE_SATS)
    await alice.done(`vault plan --network regtest --keys keys/vault-keys.json --deposit ${deposit} --csv 12 --out ${name}-plan.json ${harbour().asking}`)
    await alice.done(`vault sign --plan ${name}-plan.json --keys keys/cold-1.key keys/cold-2.key --out ${name}-set.json --passphrase-file pass`)
    const files = `--enrolment ${name}-enrolment.json --receipts ${name}-receipts.json --unvault ${name}-unvault.json`
    await alice.done(`vault enrol --data owner --name ${name} --set ${name}-set.json ${files} --passphrase-file pass --wait 30`)
  }

  const recover = (name: string, more = '') =>
    `vault recover --set ${name}-set.json --passphrase-file pass ${harbour().asking} --interval 1 ${more}`

  it('reaches no member, and is told so', async () => {
    assert.match(await alice.refused(4, 'vault list --data owner --passphrase-file pass'), /No member could be reached/)
  })

  it('is told that nothing moves the coin while it lies in its deposit', async () => {
    assert.match(await alice.refused(3, recover('first')), /The coin is in its deposit, and nothing is moving it; nothing was sent\./)
  })

  it('claws a theft back and follows it', async () => {
    const theft = await harbour().steal(alice.file('first-unvault.json'))
    const running = alice.type(recover('first', '--until 2'))
    await harbour().spenderOf(`${theft}:0`)
    await harbour().mine(2)
    const { code, stdout, stderr } = await running
    assert.equal(code, 0, stdout + stderr)
    assert.match(stderr, /Sent: clawback-0-0 /)
    assert.match(stdout, /deep cold/)
    assert.ok((await harbour().balanceOf(deepCold)) > VALUE_SATS * 0.98)
  })

  it('sends from paper what stands there first', async () => {
    const theft = await harbour().steal(alice.file('second-unvault.json'))
    const paper = await alice.done('vault recover --set second-set.json --passphrase-file pass --print')
    const lines = paper.split('\n')
    const at = lines.findIndex((line) => /^1\. clawback-0-0\b/.test(line))
    assert.ok(at > 0, paper)
    await harbour().send(Buffer.from(lines[at + 1] ?? '', 'hex'))
    await harbour().spenderOf(`${theft}:0`)
    await harbour().mine()
    assert.ok((await harbour().balanceOf(deepCold)) > 2 * VALUE_SATS * 0.98)
  })

  it('brings a coin home that nobody has moved, once somebody says yes', async () => {
    assert.match(await alice.refused(2, recover('third', '--emergency')), /--yes/)
    const { deposit } = await alice.result<{ deposit: { outpoint: string } }>('vault show third-plan.json')
    const running = alice.type(recover('third', '--emergency --yes --until 1'))
    await harbour().spenderOf(deposit.outpoint)
    await harbour().mine()
    const { code, stdout, stderr } = await running
    assert.equal(code, 0, stdout + stderr)
    assert.ok((await harbour().balanceOf(deepCold)) > 3 * VALUE_SATS * 0.98)
  })
})
