import assert from 'node:assert/strict'
import {
  type Manifest,
  type RefusalCode,
  checkManifest,
  envelopeLabels,
  envelopesOf,
  refusal,
} from '../../src/index.ts'
import type { EnvelopeId, Feerate, Hash32, LockHash, VaultId } from '../../src/primitives/index.ts'
import { hasher, hexOf, settingOf, vaultOf } from '../core/setting.ts'

const setting = settingOf(5)
const sound = vaultOf(setting, { variants: 2 }).manifest
const check = (manifest: Manifest) => checkManifest(hasher, setting.federation, manifest)

function firstRung(manifest: Manifest, change: Partial<Manifest['emergency'][number]>): Manifest {
  return { ...manifest, emergency: manifest.emergency.map((rung, at) => (at === 0 ? { ...rung, ...change } : rung)) }
}

const WRONG: readonly (readonly [RefusalCode, string, Manifest])[] = [
  ['wrong-lock', 'of another federation', { ...sound, lock_hash: hexOf('other') as LockHash }],
  ['wrong-epoch', 'of another epoch', { ...sound, epoch: 1 }],
  ['wrong-vault-id', 'with a vault id of its own choice', { ...sound, vault_id: hexOf('other') as VaultId }],
  [
    'enrolment-keys-unsound',
    'with one key counted twice',
    { ...sound, owner: { ...sound.owner, enrol: { k: 1, keys: [sound.owner.root, sound.owner.root] } } },
  ],
  [
    'enrolment-keys-unsound',
    'asking for more keys than there are',
    { ...sound, owner: { ...sound.owner, enrol: { k: 2, keys: [sound.owner.root] } } },
  ],
  [
    'root-not-among-enrolment-keys',
    'whose root may not enrol',
    { ...sound, owner: { ...sound.owner, enrol: { k: 1, keys: [hexOf('other')] } } },
  ],
  ['csv-too-short', 'whose window is too short to act in', { ...sound, csv: 11 }],
  ['ladder-unsound', 'whose ladder does not rise', firstRung(sound, { feerate: 250_000 as Feerate })],
  [
    'ladder-unsound',
    'with one transaction in two places',
    firstRung(sound, { txid: sound.unvaults[0]?.txid ?? assert.fail() }),
  ],
  ['shares-incomplete', 'without a share for somebody', firstRung(sound, { shares: sound.drill.shares.slice(1) })],
  ['shares-incomplete', 'with shares out of order', firstRung(sound, { shares: sound.drill.shares.toReversed() })],
  [
    'shares-incomplete',
    'with two shares at one point',
    firstRung(sound, { shares: sound.drill.shares.map((share) => ({ ...share, x: 1 })) }),
  ],
  [
    'shares-incomplete',
    'with a share for nobody',
    firstRung(sound, { shares: [...sound.drill.shares, { member: 6 as never, x: 6, hash: hexOf('share') as Hash32 }] }),
  ],
  [
    'envelope-id-wrong',
    'with an envelope id of its own choice',
    firstRung(sound, { envelope_id: hexOf('other') as EnvelopeId }),
  ],
  ['envelope-id-wrong', 'with the key of another envelope', firstRung(sound, { key_hash: sound.drill.key_hash })],
]

describe('the rules of a manifest', () => {
  it('take a sound one', () => assert.equal(check(sound), null))

  for (const [code, what, manifest] of WRONG) {
    it(`refuse one ${what}`, () => assert.equal(check(manifest), code))
  }

  it('ask for a longer window and a longer notice away from regtest', () => {
    // The network is part of the lock; the rule is read off a federation that says that it is elsewhere.
    const elsewhere = Object.create(setting.federation, { network: { value: 'signet' } }) as typeof setting.federation
    const of = (change: Partial<Manifest>) =>
      checkManifest(hasher, elsewhere, { ...sound, activation_delay: 144, ...change })
    assert.equal(of({}), null)
    assert.equal(of({ csv: 143 }), 'csv-too-short')
    assert.equal(of({ activation_delay: 143 }), 'activation-delay-too-short')
  })

  it('have a sentence and a remedy for each refusal', () => {
    for (const [code] of WRONG) {
      const { message, remedy } = refusal(code)
      assert.ok(message.length > 20 && message.length <= 512 && remedy.length > 15 && remedy.length <= 512, code)
    }
  })
})

describe('the labels of envelopes', () => {
  it('say the place of each, in the order of the manifest', () => {
    const labels = envelopeLabels(sound)
    assert.equal(labels.length, envelopesOf(sound).length)
    assert.equal(new Set(labels).size, labels.length)
    assert.deepEqual([labels[0], labels[4], labels.at(-1)], ['clawback-0-0', 'clawback-1-0', 'drill'])
  })
})
