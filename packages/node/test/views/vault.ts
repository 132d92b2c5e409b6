/** A vault of that federation: its manifest, and the transactions that can spend it. */
import { type Federation, type Manifest, type SpendTx, vaultIdOf } from '@belfry/protocol'
import {
  type BlockHash,
  type EnvelopeId,
  type Feerate,
  type Hash32,
  type Height,
  type Txid,
  outpointOf,
  sats,
} from '@belfry/protocol/primitives'
import { sha256 } from './federation.ts'

export const OWNER_ROOT = 'ab'.repeat(32)

/** 32 bytes that stand for whatever a name says. The caller says which kind of id they are. */
export function hex32(text: string) {
  return Buffer.from(sha256(Buffer.from(text))).toString('hex')
}

export function blockAt(height: number): { height: Height; hash: BlockHash } {
  return { height: height as Height, hash: hex32(`block ${height}`) as BlockHash }
}

export function spendOf(txid: Txid): SpendTx {
  return { txid, wtxid: hex32(`w ${txid}`) as Txid, vsize: 150, fee: sats(300), outputs_hash: hex32(`outputs of ${txid}`) as Hash32, raw: new Uint8Array(120).fill(7) }
}

export function manifestOf(federation: Federation): Manifest {
  const outpoint = outpointOf(hex32('funding') as Txid, 1)
  const sealing = (label: string) => ({
    envelope_id: hex32(`id ${label}`) as EnvelopeId,
    envelope_hash: hex32(`envelope ${label}`) as Hash32,
    key_hash: hex32(`key ${label}`) as Hash32,
    shares: federation.members.map(({ index }) => ({
      member: index,
      x: index,
      hash: hex32(`share ${label} ${index}`) as Hash32,
    })),
  })
  const rung = (label: string, feerate: number) => ({
    ...sealing(label),
    txid: hex32(`tx ${label}`) as Txid,
    wtxid: hex32(`wtx ${label}`) as Txid,
    vsize: 150,
    fee: sats(Math.ceil((feerate * 150) / 1_000)),
    feerate: feerate as Feerate,
  })
  return {
    format: 'belfry-manifest',
    version: 1,
    name: 'Treasury',
    lock_hash: federation.lock_hash,
    epoch: federation.epoch,
    vault_id: vaultIdOf({ sha256 }, outpoint, OWNER_ROOT),
    generation: 1,
    previous: null,
    deposit: { outpoint, value: sats(50_000_000), script: new Uint8Array(34).fill(1), funding: 'confirmed' },
    csv: 12,
    act_at: 'confirmation',
    unvaults: [
      {
        txid: hex32('unvault') as Txid,
        vout: 0,
        vsize: 120,
        fee: sats(240),
        clawback: [rung('clawback-0-0', 2_500), rung('clawback-0-1', 20_000)],
        anyone_can_pay: null,
        anchored: null,
      },
    ],
    emergency: [rung('emergency-0', 5_000)],
    dead_man: [],
    drill: sealing('drill'),
    owner: {
      root: OWNER_ROOT,
      enrol: { k: 1, keys: [OWNER_ROOT] },
      announce: [],
      panic: { k: 1, keys: [OWNER_ROOT] },
    },
    activation_delay: 1,
  }
}
