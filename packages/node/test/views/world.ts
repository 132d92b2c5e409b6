/** A member of a federation of five with one vault, driven through the real core by signed messages and chain events. */
import { type KeyObject, createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import {
  type ChainEvent, type Coin, type CryptoPorts, type EncryptionKey, Federation, type Input, type Manifest, type MemberKind, type NodeKey, type Output,
  type Outcome, type SpendTx, type State, MESSAGE_VERSION, assembleLock, createCore, define, encodeBody, encodeFrame, encodeManifest,
  envelopesOf, incidentIdOf, makeCard, manifestHash, signDefinition, signFrame, unvaultOutpoint, vaultIdOf,
} from '@belfry/protocol'
import {
  type BlockHash, type EnvelopeId, type Feerate, type Hash32, type Height, type IncidentId, type ManifestHash, type MemberIndex, type Millis,
  type Txid, type VaultId, outpointOf, sats,
} from '@belfry/protocol/primitives'
import type { BodyOf } from '@belfry/protocol'

export const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin'] as const
export const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678) as Millis
export const TIP = 800

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest())

function publicHex(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')
}

function privateKey(): KeyObject {
  const { privateKey: key } = generateKeyPairSync('ed25519')
  return createPrivateKey(key.export({ format: 'pem', type: 'pkcs8' }))
}

const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex')

function portsOf(key: KeyObject): CryptoPorts {
  return {
    sha256,
    sign: (bytes) => new Uint8Array(sign(null, bytes, key)),
    verifyNode: (publicKey, bytes, signature) =>
      verify(null, bytes, createPublicKey({ key: Buffer.concat([ED25519_SPKI, Buffer.from(publicKey, 'hex')]), format: 'der', type: 'spki' }), signature),
    // Owners are taken at their word here: what they sign is not what these tests are about.
    verifyOwner: () => true,
  }
}

export const hex32 = <T extends string>(text: string): T => Buffer.from(sha256(Buffer.from(text))).toString('hex') as T

export interface World {
  readonly federation: Federation
  readonly state: State
  readonly vault_id: VaultId
  readonly incident_id: IncidentId
  readonly manifest: Manifest
  readonly manifest_hash: ManifestHash
  /** The unvault that the manifest names, spending the deposit. */
  readonly theft: SpendTx
  /** Envelopes and sealed shares that must appear nowhere. */
  readonly hidden: readonly Uint8Array[]
  step(input: WithoutTime<Input>, after_ms?: number): Output
  chain(event: ChainEvent, after_ms?: number): Output
  outcome(outcome: Outcome): Output
  mine(): void
  /** A signed message of another member arrives. */
  hear<K extends MemberKind>(from: number, kind: K, body: BodyOf<K>, channel?: 'gossip' | 'stream', seq?: number): Output
  vote(from: number): Output
}

type WithoutTime<T> = T extends unknown ? Omit<T, 'at_ms'> : never

const OWNER_ROOT = 'ab'.repeat(32)

/** Started, at its tip, bitcoind well. Nothing is enrolled yet. */
export function world(): World {
  const keys = NAMES.map(() => privateKey())
  const federation = federationOf(keys)
  const core = createCore(
    { federation, self: 1 as MemberIndex, owners: [], software: 'belfry/0.1.0' },
    portsOf(keys[0] ?? privateKey()),
  )
  const state = core.restore(null)
  let now = START_MS as number
  let height = TIP
  let seq = 0

  const step: World['step'] = (input, after_ms = 1_000) => {
    now += after_ms
    return core.step(state, { ...input, at_ms: now as Millis } as Input)
  }
  const chain: World['chain'] = (event, after_ms) => step({ kind: 'chain', event }, after_ms)
  const mine = (): void => {
    chain({ event: 'block-connected', block: blockAt(height), previous: blockAt(height - 1).hash })
    height += 1
  }

  const manifest = manifestOf(federation)
  const { vault_id } = manifest
  const hash = manifestHash({ sha256 }, encodeManifest(manifest))
  const incident_id = incidentIdOf({ sha256 }, vault_id, 'theft')
  const theft = spendOf(manifest.unvaults[0]?.txid ?? hex32<Txid>('none'))
  const envelopes = envelopesOf(manifest)
  const hidden = [
    ...envelopes.map((_, index) => new Uint8Array(200).fill(0xc0 + index)),
    ...envelopes.map((_, index) => new Uint8Array(81).fill(0xd0 + index)),
  ]

  const hear: World['hear'] = (from, kind, body, channel = 'gossip', number = ++seq) => {
    const member = federation.memberOf(from as MemberIndex)
    const frame = signFrame(portsOf(keys[from - 1] ?? privateKey()), federation.lock_hash, {
      version: MESSAGE_VERSION,
      lock_prefix: federation.lock_prefix,
      epoch: federation.epoch,
      kind,
      from: member.index,
      peer_id: member.peer_id,
      boot: 7,
      seq: number,
      sent_at: now as Millis,
      body: encodeBody(kind, body),
    })
    return step({ kind: 'frame', peer: member.index, channel, bytes: encodeFrame(frame), token: null })
  }

  step({ kind: 'start' }, 0)
  chain({
    event: 'chain-health',
    state: 'ok',
    estimate: 12_500 as Feerate,
    mempool_floor: 1_000 as Feerate,
    implementation: '/Satoshi:29.0.0/',
  })
  mine()

  core.apply(state.durable, {
    record: 'manifest-armed',
    hash,
    signed: { bytes: encodeManifest(manifest), signatures: [{ key: OWNER_ROOT, signature: new Uint8Array(64) }] },
    envelopes: hidden.slice(0, envelopes.length),
    shares: hidden.slice(envelopes.length),
  })

  return {
    federation, state, vault_id, incident_id, manifest, manifest_hash: hash, theft, hidden, step, chain, mine, hear,
    outcome: (outcome) => step({ kind: 'outcome', outcome }),
    vote: (from) =>
      hear(from, 'vote', {
        vault_id,
        trigger: 'theft',
        incident_id,
        action: 'clawback',
        anchor_height: (height - 1) as Height,
        witness_txid: theft.wtxid,
      }),
  }
}

function federationOf(keys: readonly KeyObject[]): Federation {
  const cards = NAMES.map((name, at) => {
    const key = keys[at] ?? privateKey()
    return makeCard(portsOf(key), {
      role: 'member',
      name,
      node_key: publicHex(key) as NodeKey,
      encryption_key: publicHex(generateKeyPairSync('x25519').privateKey) as EncryptionKey,
      owner_key: null,
      addresses: [],
    })
  })
  const ports = portsOf(privateKey())
  const definition = define(ports, { name: 'Test federation', network: 'regtest', created_at: START_MS, cards })
  const signatures = keys.map((key) => signDefinition(portsOf(key), definition, publicHex(key) as NodeKey))
  return Federation.fromLock(ports, assembleLock(ports, definition, signatures))
}

export function blockAt(height: number): { height: Height; hash: BlockHash } {
  return { height: height as Height, hash: hex32<BlockHash>(`block ${height}`) }
}

export function spendOf(txid: Txid): SpendTx {
  return { txid, wtxid: hex32<Txid>(`w ${txid}`), vsize: 150, fee: sats(300), raw: new Uint8Array(120).fill(7) }
}

function manifestOf(federation: Federation): Manifest {
  const outpoint = outpointOf(hex32<Txid>('funding'), 1)
  const sealing = (label: string) => ({
    envelope_id: hex32<EnvelopeId>(`id ${label}`),
    envelope_hash: hex32<Hash32>(`envelope ${label}`),
    key_hash: hex32<Hash32>(`key ${label}`),
    shares: federation.members.map(({ index }) => ({ member: index, x: index, hash: hex32<Hash32>(`share ${label} ${index}`) })),
  })
  const rung = (label: string, feerate: number) => ({
    ...sealing(label),
    txid: hex32<Txid>(`tx ${label}`),
    wtxid: hex32<Txid>(`wtx ${label}`),
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
    deposit: { outpoint, value: sats(50_000_000), script: new Uint8Array(34).fill(1) },
    csv: 12,
    act_at: 'confirmation',
    unvaults: [{
      txid: hex32<Txid>('unvault'),
      vsize: 120,
      fee: sats(240),
      clawback: [rung('clawback-0-0', 2_500), rung('clawback-0-1', 20_000)],
    }],
    emergency: [rung('emergency-0', 5_000)],
    drill: sealing('drill'),
    owner: { root: OWNER_ROOT, enrol: { k: 1, keys: [OWNER_ROOT] }, announce: [] },
    activation_delay: 1,
  }
}

/** Every receipt, and the manifest active. */
export function activate({ state, federation, vault_id, manifest_hash }: World): void {
  const held = state.durable.vaults.get(vault_id)?.manifests[0]
  if (!held) throw new Error('the world has one manifest')
  for (const { index } of federation.members) held.receipts.set(index, new Uint8Array(1))
  const vault = state.durable.vaults.get(vault_id)
  if (!vault) throw new Error('the world has one vault')
  Object.assign(held, { bundle_height: TIP, activated_height: TIP })
  vault.active = manifest_hash
}

/** From the theft's first sight to the clawback's confirmation, as this member lives through it. */
export function wholeIncident(of: World): { clawback: Txid } {
  const { chain, mine, vote, outcome, manifest, theft, incident_id, manifest_hash } = of
  activate(of)
  const deposit = manifest.deposit.outpoint
  const rung = manifest.unvaults[0]?.clawback[0]
  if (!rung) throw new Error('the manifest has a rung')
  chain({ event: 'spend-seen', outpoint: deposit, tx: theft })
  chain({ event: 'spend-confirmed', outpoint: deposit, tx: theft, block: blockAt(TIP + 1) })
  mine()
  vote(2)
  vote(3)
  for (const to of [1, 2, 3, 4, 5]) {
    outcome({
      of: 'seal-share',
      incident_id,
      manifest_hash,
      envelope_id: rung.envelope_id,
      to: to as MemberIndex,
      sealed: new Uint8Array(81).fill(0xee),
    })
  }
  for (const from of [1, 2, 3]) {
    outcome({ of: 'open-share', incident_id, envelope_id: rung.envelope_id, from: from as MemberIndex, result: 'good' })
  }
  outcome({ of: 'rebuild', incident_id, envelope_id: rung.envelope_id, txid: rung.txid })
  outcome({ of: 'broadcast', incident_id, envelope_id: rung.envelope_id, txid: rung.txid, answer: 'accepted' })
  const target = unvaultOutpoint(theft.txid)
  chain({ event: 'spend-seen', outpoint: target, tx: spendOf(rung.txid) })
  chain({ event: 'spend-confirmed', outpoint: target, tx: spendOf(rung.txid), block: blockAt(TIP + 2) })
  mine()
  return { clawback: rung.txid }
}

export function coinOf({ state, vault_id, manifest }: World): Coin {
  const coin = state.durable.vaults.get(vault_id)?.coins.get(manifest.deposit.outpoint)
  if (!coin) throw new Error('the deposit is watched')
  return coin
}
