/** A manifest as whoever is asked to sign it should see it: all of it is read from the very bytes that are signed. */
import { type Manifest, envelopeLabels, printable, rungsOf } from '@belfry/client'
import { type JsonObject, btc, count, list, satPerVb, table } from '../../output/index.ts'
import { keysJson } from './owner-cards.ts'

interface Named {
  readonly id: string
  readonly txid: string
  readonly feerate: number
  readonly fee: bigint
}

function rungsNamed(manifest: Manifest): Named[] {
  const labels = envelopeLabels(manifest)
  return [...rungsOf(manifest), ...manifest.dead_man].map(({ txid, feerate, fee }, at) => ({ id: labels[at] ?? '', txid, feerate, fee }))
}

export function manifestJson(manifest: Manifest): JsonObject {
  const { lock_hash, previous, deposit, csv, act_at, activation_delay, unvaults } = manifest
  return {
    lock_hash,
    previous,
    deposit: { outpoint: deposit.outpoint, value_sats: Number(deposit.value), funding: deposit.funding },
    csv_blocks: csv,
    act_at,
    activation_delay_blocks: activation_delay,
    keys: keysJson(manifest.owner),
    unvaults: unvaults.map(({ txid }, variant) => ({ id: `unvault-${variant}`, txid })),
    transactions: rungsNamed(manifest).map(({ id, txid, feerate, fee }) => ({ id, txid, sat_vb: feerate / 1000, fee_sats: Number(fee) })),
  }
}

export function describeManifest(manifest: Manifest): string[] {
  const { name, vault_id, generation, previous, lock_hash, deposit, csv, act_at, unvaults, owner } = manifest
  const keys = ({ k, keys: all }: { readonly k: number; readonly keys: readonly string[] }) => `${k} of ${all.join(', ')}`
  return [
    ...list([
      ['vault', `${printable(name)}, ${vault_id}`],
      ['federation', `the lock ${lock_hash}`],
      ['generation', `${generation}, ${previous === null ? 'the first' : `after the manifest ${previous}`}`],
      ['coin', `${btc(deposit.value)} at ${deposit.outpoint}${deposit.funding === 'confirmed' ? '' : ', to be paid in later'}`],
      ['the hot key waits', count(csv, 'block')],
      ['theft is answered', act_at === 'confirmation' ? 'once it has a confirmation' : 'at once, in the mempool'],
      ['enrol', keys(owner.enrol)],
      ['panic', keys(owner.panic)],
      ['announce', owner.announce.length === 0 ? 'nobody' : owner.announce.join(', ')],
    ]),
    ...table(
      [
        ...unvaults.map(({ txid, fee, vsize }, variant) => [`  unvault-${variant}`, txid, `${vsize} vB`, `${fee} sat`]),
        ...rungsNamed(manifest).map(({ id, txid, feerate, fee }) => [`  ${id}`, txid, satPerVb(feerate), `${fee} sat`]),
      ],
      [2, 3],
    ),
  ]
}
