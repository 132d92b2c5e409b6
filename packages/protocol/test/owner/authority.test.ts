import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { type Manifest, type Order, type SignedCommand, commandDigest } from '../../src/index.ts'
import { isAuthorised } from '../../src/owner/authority.ts'
import { orderAt } from '../core/commands.ts'
import { type TestVault, hasher, hexOf, ownerSign, portsOf, settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const ports = portsOf('anybody')
const root = setting.owner.root
const ENROL = [root, hexOf('enrol 2'), hexOf('enrol 3')]
const ANNOUNCE = [hexOf('announce')]
const PANIC = [hexOf('guardian 1'), hexOf('guardian 2'), hexOf('panic key')]
const STRANGER = hexOf('stranger')

const withKeys = (manifest: Manifest): Manifest => ({
  ...manifest,
  owner: { root, enrol: { k: 2, keys: ENROL }, announce: ANNOUNCE, panic: { k: 2, keys: PANIC } },
})
const vault = vaultOf(setting, { change: withKeys })
const WORDS = ['panic', 'cancel-generation', 'drill', 'revoke', 'destroy'] as const

function held(...vaults: readonly TestVault[]) {
  const manifests = vaults.map(({ hash, manifest }) => ({ hash, manifest }))
  return { manifests: manifests as never, active: null }
}

function signedBy(keys: readonly string[], order: Order['order'] = 'panic'): boolean {
  const { signed } = orderAt(100, vault, { order: 'panic' }, { keys: keys.length === 0 ? [STRANGER] : keys })
  return isAuthorised(ports, held(vault), order, signed)
}

describe('the keys that a command needs', () => {
  it('are as many as its rule says, distinct, and of the right list, whoever else signs too', () => {
    const all = [...new Set([...ENROL, ...ANNOUNCE, ...PANIC, STRANGER])]
    const anyKeys = fc.array(fc.constantFrom(...all), { maxLength: 8 })
    fc.assert(
      fc.property(anyKeys, fc.constantFrom(...WORDS), (keys, order) => {
        const of = (list: readonly string[]) => new Set(keys.filter((key) => list.includes(key))).size
        const expected = {
          panic: of(PANIC) >= 2,
          'cancel-generation': of([...ENROL, ...ANNOUNCE]) >= 1,
          drill: of([...ENROL, ...ANNOUNCE]) >= 1,
          revoke: of(ENROL) >= 2,
          destroy: of(ENROL) >= 2,
        }
        assert.equal(signedBy(keys, order), expected[order])
      }),
    )
  })

  it('sign this very command, and nothing else', () => {
    const { signed } = orderAt(100, vault, { order: 'panic' }, { keys: PANIC })
    const other = orderAt(101, vault, { order: 'panic' }, { keys: PANIC })
    assert.ok(isAuthorised(ports, held(vault), 'panic', signed))
    const swapped: SignedCommand = { bytes: signed.bytes, signatures: other.signed.signatures }
    assert.ok(!isAuthorised(ports, held(vault), 'panic', swapped))
    const [key = ''] = PANIC
    const sameTwice = { key, signature: ownerSign(key, commandDigest(hasher, signed.bytes)) }
    assert.ok(!isAuthorised(ports, held(vault), 'panic', { bytes: signed.bytes, signatures: [sameTwice, sameTwice] }))
  })

  it('sign all that they are named for: one forged signature beside enough good ones, and nothing is believed', () => {
    const { signed } = orderAt(100, vault, { order: 'panic' }, { keys: PANIC.slice(0, 2) })
    const [, , third = ''] = PANIC
    const forged = { key: third, signature: new Uint8Array(64) }
    assert.ok(isAuthorised(ports, held(vault), 'panic', signed))
    assert.ok(!isAuthorised(ports, held(vault), 'panic', { bytes: signed.bytes, signatures: [forged, ...signed.signatures] }))
  })

  it('are those of the active manifest, or of the first while none is active', () => {
    const thief = STRANGER
    const later = vaultOf(setting, {
      generation: 2,
      previous: vault.hash,
      change: (manifest) => ({ ...withKeys(manifest), owner: { ...withKeys(manifest).owner, panic: { k: 1, keys: [thief] } } }),
    })
    const { signed } = orderAt(100, vault, { order: 'panic' }, { keys: [thief] })
    assert.ok(!isAuthorised(ports, held(vault, later), 'panic', signed))
    assert.ok(!isAuthorised(ports, { ...held(vault, later), active: vault.hash }, 'panic', signed))
    assert.ok(isAuthorised(ports, { ...held(vault, later), active: later.hash }, 'panic', signed))
  })
})
