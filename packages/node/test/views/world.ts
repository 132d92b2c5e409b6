/** The first member, with one vault, driven through the real core by messages and chain events. */
import {
  NO_DISCRIMINATOR,
  type BodyOf,
  type ChainEvent,
  type DurableEffect,
  type Federation,
  type ImmediateEffect,
  type Input,
  MESSAGE_VERSION,
  type Manifest,
  type MemberKind,
  type Outcome,
  type Output,
  type SpendTx,
  type State,
  createCore,
  encodeBody,
  encodeFrame,
  encodeManifest,
  envelopesOf,
  incidentIdOf,
  manifestHash,
  signFrame,
  taggedHash,
} from '@belfry/protocol'
import {
  type Feerate,
  type Hash32,
  type Height,
  type IncidentId,
  type ManifestHash,
  type MemberIndex,
  type Millis,
  type Txid,
  type VaultId,
  outpointOf,
  toHex,
} from '@belfry/protocol/primitives'
import { NAMES, START_MS, federationOf, portsOf, privateKey, sha256 } from './federation.ts'
import { OWNER_ROOT, blockAt, hex32, manifestOf, spendOf } from './vault.ts'

/** The first block that the member sees. */
export const TIP = 800

/** What a share is sealed into here. */
export const SEALED = new Uint8Array(81).fill(0xee)

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
  /** One step, and a second later the next. */
  readonly step: (input: WithoutTime<Input>, after_ms?: number) => Output
  readonly chain: (event: ChainEvent) => Output
  readonly mine: () => void
  /** Does what a shell does that succeeds in everything: answers every effect that the step asked for. */
  readonly perform: (output: Output) => void
  /** A signed message of another member arrives. */
  readonly hear: <K extends MemberKind>(from: number, kind: K, body: BodyOf<K>, how?: Partial<Arrival>) => Output
  readonly vote: (from: number) => Output
}

interface Arrival {
  readonly channel: 'gossip' | 'stream'
  readonly seq: number
  readonly attachment: Uint8Array | null
}

type WithoutTime<T> = T extends unknown ? Omit<T, 'at_ms'> : never

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
    return core.step(state, { ...input, at_ms: now as Millis })
  }
  const chain: World['chain'] = (event) => step({ kind: 'chain', event })
  const perform: World['perform'] = (output) => {
    const outcomes = [...output.immediate, ...output.afterDurable].flatMap((effect) => outcomeOf(effect) ?? [])
    for (const outcome of outcomes) perform(step({ kind: 'outcome', outcome }, 1))
  }
  const mine = (): void => {
    chain({ event: 'block-connected', block: blockAt(height), previous: blockAt(height - 1).hash })
    height += 1
  }

  const manifest = manifestOf(federation)
  const { vault_id } = manifest
  const hash = manifestHash({ sha256 }, encodeManifest(manifest))
  const incident_id = incidentIdOf({ sha256 }, vault_id, 'theft')
  const theft = spendOf(manifest.unvaults[0]?.txid ?? (hex32('none') as Txid))
  const envelopes = envelopesOf(manifest)
  const hidden = [
    ...envelopes.map((_, index) => new Uint8Array(200).fill(0xc0 + index)),
    ...envelopes.map((_, index) => new Uint8Array(81).fill(0xd0 + index)),
  ]

  const hear: World['hear'] = (
    from,
    kind,
    body,
    { channel = 'gossip', seq: number = ++seq, attachment = null } = {},
  ) => {
    const member = federation.memberOf(from as MemberIndex)
    const frame = signFrame(
      portsOf(keys[from - 1] ?? privateKey()),
      federation.lock_hash,
      {
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
      },
      attachment,
    )
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
  // As if the others had answered: none is connected here.
  state.volatile.wait.phase = 'over'

  core.apply(state.durable, {
    record: 'manifest-armed',
    hash,
    signed: { bytes: encodeManifest(manifest), signatures: [{ key: OWNER_ROOT, signature: new Uint8Array(64) }] },
    envelopes: hidden.slice(0, envelopes.length),
    shares: hidden.slice(envelopes.length),
  })

  return {
    federation,
    state,
    vault_id,
    incident_id,
    manifest,
    manifest_hash: hash,
    theft,
    hidden,
    step,
    chain,
    mine,
    hear,
    perform,
    vote: (from) =>
      hear(from, 'vote', {
        vault_id,
        trigger: 'theft',
        discriminator: NO_DISCRIMINATOR, incident_id,
        action: 'clawback',
        anchor_height: (height - 1) as Height,
        witness_txid: theft.wtxid,
      }),
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

/** What an effect comes to where everything succeeds; nothing for those that have no outcome. */
function outcomeOf(effect: ImmediateEffect | DurableEffect): Outcome | null {
  switch (effect.effect) {
    case 'seal-share': {
      const { incident_id, manifest_hash, envelope_id, to } = effect
      return { of: 'seal-share', incident_id, manifest_hash, envelope_id, to, sealed: SEALED }
    }
    case 'open-share': {
      const { incident_id, envelope_id, from } = effect
      return { of: 'open-share', incident_id, envelope_id, from, result: 'good' }
    }
    case 'rebuild': {
      const { incident_id, envelope_id, txid } = effect
      return { of: 'rebuild', incident_id, envelope_id, result: txid ?? 'opened' }
    }
    case 'broadcast': {
      const { incident_id, envelope_id, txid } = effect
      return { of: 'broadcast', incident_id, envelope_id, txid, answer: 'accepted' }
    }
    default:
      return null
  }
}

/** From the theft's first sight to the clawback's confirmation, as this member lives through it. */
export function wholeIncident(of: World): { clawback: Txid } {
  const { chain, mine, vote, hear, perform, manifest, theft, incident_id, manifest_hash } = of
  activate(of)
  const { outpoint } = manifest.deposit
  // The rung that is due at the estimate above.
  const rung = manifest.unvaults[0]?.clawback[1]
  if (!rung) throw new Error('the manifest has two rungs')
  chain({ event: 'spend-seen', outpoint, tx: theft })
  chain({ event: 'spend-confirmed', outpoint, tx: theft, block: blockAt(TIP + 1) })
  mine()
  perform(vote(2))
  perform(vote(3))
  const sealed_hash = toHex(taggedHash({ sha256 }, 'sealed', SEALED)) as Hash32
  for (const from of [2, 3]) {
    const release = { incident_id, manifest_hash, envelope_id: rung.envelope_id, to: 1 as MemberIndex, sealed_hash }
    perform(hear(from, 'release', release, { channel: 'stream', attachment: SEALED }))
  }
  const target = outpointOf(theft.txid, 0)
  chain({ event: 'spend-seen', outpoint: target, tx: spendOf(rung.txid) })
  chain({ event: 'spend-confirmed', outpoint: target, tx: spendOf(rung.txid), block: blockAt(TIP + 2) })
  mine()
  return { clawback: rung.txid }
}
