/** Taking a vault into custody: an owner's manifest, envelopes and shares; then the bundle of receipts that activates it. */
import type { Outcome } from '../core/input.ts'
import { hasLedgerRoom, signOnce, signedFor } from '../guard/ledger.ts'
import { receiptSlot } from '../guard/slots.ts'
import { type Frame, encodeFrame } from '../messages/frame.ts'
import { type EnrolRequest, type ManifestState, type OwnerAnswer, ownerAnswer } from '../messages/owner-requests.ts'
import type { Receipt } from '../messages/receipt.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import { openInner } from '../messages/verified.ts'
import { advanceVault } from '../incident/machine.ts'
import { isCalledFor } from '../incident/cause.ts'
import { destructionReceipt } from '../owner/destroy.ts'
import { type ManifestHash, type MemberIndex, type Outpoint, SchemaError, type VaultId, toCbor } from '../primitives/index.ts'
import type { HeldManifest, Incident, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { MAX_PENDING_ENROLMENTS } from '../state/volatile.ts'
import { hashOfEnvelope } from './commitments.ts'
import { lookForDeposit } from './funding.ts'
import { MAX_MANIFESTS_PER_VAULT, MAX_VAULTS } from './limits.ts'
import { type Manifest, decodeManifest, envelopesOf, manifestHash, unvaultOutpoint } from './manifest.ts'
import { type RefusalCode, refusal } from './refusal.ts'
import { completeBundle, completeBundlesHeard } from './publication.ts'
import { isUpToDate } from './up-to-date.ts'
import { isWithdrawnBy, takeWithdrawal } from './withdrawal.ts'
import { sayTakenBack } from './words.ts'
import { checkEarlier, checkManifest, checkSuperseding } from './rules.ts'

type ManifestRequest = Extract<EnrolRequest, { request: 'manifest' }>
type BundleRequest = Extract<EnrolRequest, { request: 'bundle' }>

export function reply(turn: Turn, request_id: number, answer: OwnerAnswer): void {
  turn.afterSync({ effect: 'reply', request_id, bytes: toCbor(ownerAnswer, answer) })
}

export function refuse(turn: Turn, request_id: number, code: RefusalCode): void {
  reply(turn, request_id, { answer: 'refused', ...refusal(code) })
}

/** Static rules at once; the shares and the deposit are then looked at by the shell. */
export function onManifest(turn: Turn, request_id: number, peer_id: string, request: ManifestRequest): void {
  const hash = manifestHash(turn.ports, request.manifest.bytes)
  const before = signedFor(turn.durable, receiptSlot(turn.config.federation.lock_hash, hash))
  if (before && find(turn, hash)) {
    reply(turn, request_id, { answer: 'receipt', frame: encodeFrame(before) })
    return
  }
  const pending = turn.volatile.enrolments.get(hash)
  if (pending) {
    if (pending.waiting.length < MAX_PENDING_ENROLMENTS) pending.waiting.push(request_id)
    else refuse(turn, request_id, 'busy')
    return
  }
  const checked = checkRequest(turn, peer_id, request)
  if (typeof checked === 'string') {
    refuseManifest(turn, request_id, hash, checked)
    return
  }
  turn.volatile.enrolments.set(hash, { request, manifest: checked, waiting: [request_id], moved: false })
  turn.now(verification(turn, checked, hash, request))
}

function refuseManifest(turn: Turn, request_id: number, hash: ManifestHash, code: RefusalCode): void {
  const isRival = code === 'generation-taken'
  turn.tell({
    level: isRival || code === 'earlier-keys-missing' ? 'error' : 'warn',
    event: isRival ? 'second-manifest-of-a-generation' : 'manifest-refused',
    manifest_hash: hash,
    detail: code,
  })
  refuse(turn, request_id, code)
}

function checkRequest(turn: Turn, peer_id: string, request: ManifestRequest): Manifest | RefusalCode {
  if (turn.volatile.enrolments.size >= MAX_PENDING_ENROLMENTS) return 'busy'
  let manifest: Manifest
  try {
    manifest = decodeManifest(request.manifest.bytes)
  } catch (error) {
    if (error instanceof SchemaError) return 'malformed-request'
    throw error
  }
  const owner = turn.config.owners.find((one) => one.peer_id === peer_id)
  if (!owner || owner.root !== manifest.owner.root) return 'owner-not-admitted'
  if (destructionReceipt(turn, manifest.vault_id)) return 'vault-destroyed'
  const unsound = checkManifest(turn.ports, turn.config.federation, manifest)
  if (unsound) return unsound
  const vault = turn.durable.vaults.get(manifest.vault_id)
  const unfit = checkFit(turn, vault, manifest, request)
  if (unfit) return unfit
  const envelopes = envelopesOf(manifest)
  const same =
    request.envelopes.length === envelopes.length &&
    request.shares.length === envelopes.length &&
    envelopes.every(({ envelope_hash }, index) => {
      const bytes = request.envelopes[index]
      return bytes !== undefined && hashOfEnvelope(turn.ports, bytes) === envelope_hash
    })
  return same ? manifest : 'envelopes-differ'
}

/** Whether the manifest follows what is held now, and there is room for it and for my receipt. */
function checkFit(turn: Turn, vault: Vault | undefined, manifest: Manifest, request: ManifestRequest): RefusalCode | null {
  const unfit = checkSuperseding(turn.ports, vault, manifest, request.manifest)
  if (unfit) return unfit
  if (turn.durable.quarantine !== null) return 'quarantined'
  const hasRoom = vault ? vault.manifests.length < MAX_MANIFESTS_PER_VAULT : turn.durable.vaults.size < MAX_VAULTS
  return hasRoom && hasLedgerRoom(turn) ? null : 'no-room'
}

function verification(turn: Turn, manifest: Manifest, hash: ManifestHash, request: ManifestRequest) {
  const { self } = turn.config
  return {
    effect: 'verify-enrolment' as const,
    manifest_hash: hash,
    vault_id: manifest.vault_id,
    generation: manifest.generation,
    deposit: manifest.deposit,
    watch: [manifest.deposit.outpoint, ...manifest.unvaults.map(unvaultOutpoint)],
    shares: envelopesOf(manifest).flatMap(({ envelope_id, shares }, index) => {
      const commitment = shares.find(({ member }) => member === self)
      const sealed = request.shares[index]
      return commitment && sealed ? [{ envelope_id, commitment, sealed }] : []
    }),
  }
}

/** The shell has looked: arm the manifest and sign the receipt, or say why not. Nothing is half-done. */
export function onVerified(turn: Turn, { manifest_hash, check, earlier_enrol }: Extract<Outcome, { of: 'verify-enrolment' }>): void {
  const pending = turn.volatile.enrolments.get(manifest_hash)
  if (!pending) return
  turn.volatile.enrolments.delete(manifest_hash)
  const { manifest } = pending
  const vault = turn.durable.vaults.get(manifest.vault_id)
  // Another enrolment may have been armed, or the vault destroyed, while the shell was looking.
  const seen = pending.moved && check === 'ok' ? 'deposit-spent' : check
  const fit = destructionReceipt(turn, manifest.vault_id) ? 'vault-destroyed' : checkFit(turn, vault, manifest, pending.request)
  const code = seen === 'ok' ? (fit ?? checkEarlier(turn.ports, manifest, pending.request.manifest, earlier_enrol)) : seen
  if (code !== null) {
    for (const request_id of pending.waiting) refuseManifest(turn, request_id, manifest_hash, code)
    return
  }
  const frame = arm(turn, manifest, manifest_hash, pending.request)
  for (const request_id of pending.waiting) reply(turn, request_id, { answer: 'receipt', frame: encodeFrame(frame) })
}

/** A deposit is spent that no armed manifest names yet: whatever is being verified about it is out of date. */
export function noticeMoved(turn: Turn, outpoint: Outpoint): void {
  for (const pending of turn.volatile.enrolments.values()) if (pending.manifest.deposit.outpoint === outpoint) pending.moved = true
}

/** Armed from the moment that the receipt is signed: both are in one synced batch. */
function arm(turn: Turn, manifest: Manifest, hash: ManifestHash, request: ManifestRequest): Frame {
  const { self, federation } = turn.config
  const { vault_id, generation } = manifest
  turn.record({
    record: 'manifest-armed',
    hash,
    signed: request.manifest,
    envelopes: request.envelopes,
    shares: request.shares,
  })
  const frame = signOnce(turn, receiptSlot(federation.lock_hash, hash), () =>
    turn.sign('receipt', { statement: 'holds', vault_id, generation, manifest_hash: hash }),
  )
  turn.record({ record: 'receipt-held', vault_id, hash, member: self, frame: encodeFrame(frame) })
  turn.tell({ level: 'info', event: 'manifest-armed', vault_id, manifest_hash: hash })
  turn.gossip(frame)
  const vault = turn.durable.vaults.get(vault_id)
  if (vault) advanceVault(turn, vault_id, vault)
  if (vault) lookForDeposit(turn, vault_id, vault)
  return frame
}

/** Another member says that it holds a manifest that I hold too. */
export function onReceipt(
  turn: Turn,
  from: MemberIndex,
  { vault_id, manifest_hash, generation }: Extract<Receipt, { statement: 'holds' }>,
  frame: Frame,
): VerdictCode {
  const held = turn.durable.vaults.get(vault_id)?.manifests.find(({ hash }) => hash === manifest_hash)
  if (!held) return 'unknown-manifest'
  if (held.manifest.generation !== generation) return 'wrong-generation'
  if (held.receipts.has(from)) return 'known'
  turn.record({ record: 'receipt-held', vault_id, hash: manifest_hash, member: from, frame: encodeFrame(frame) })
  turn.tell({ level: 'info', event: 'receipt-held', vault_id, manifest_hash, member: from })
  return 'accepted'
}

/** The owner publishes the receipts of enough members. The first generation activates at once, later ones after notice. */
export function onBundle(turn: Turn, request_id: number, peer_id: string, request: BundleRequest): void {
  const found = find(turn, request.manifest_hash)
  if (!found) return refuse(turn, request_id, 'unknown-manifest')
  const owner = turn.config.owners.find((one) => one.peer_id === peer_id)
  if (owner?.root !== found.held.manifest.owner.root) return refuse(turn, request_id, 'owner-not-admitted')
  const { vault_id, vault, held } = found
  if (held.withdrawn) return refuse(turn, request_id, 'manifest-withdrawn')
  if (held.cancelled) return refuse(turn, request_id, 'manifest-cancelled')
  for (const bytes of request.receipts) {
    const member = receiptSigner(turn, bytes, held)
    if (member !== null && !held.receipts.has(member)) {
      turn.record({ record: 'receipt-held', vault_id, hash: held.hash, member, frame: bytes })
    }
  }
  if (held.receipts.size < turn.config.federation.thresholds.clawback.protected) {
    return refuse(turn, request_id, 'bundle-incomplete')
  }
  completeBundle(turn, vault_id, held)
  activateIfDue(turn, vault_id, vault)
  reply(turn, request_id, { answer: 'state', state: manifestState(vault, held) })
}

/** The member whose valid receipt for this manifest the bytes are; null otherwise. */
function receiptSigner(turn: Turn, bytes: Uint8Array, { hash, manifest }: HeldManifest): MemberIndex | null {
  const isOfManifest = (body: Receipt): boolean =>
    body.statement === 'holds' &&
    body.manifest_hash === hash &&
    body.vault_id === manifest.vault_id &&
    body.generation === manifest.generation
  const opened = openInner(turn, 'receipt', bytes, isOfManifest)
  return typeof opened === 'string' ? null : opened.head.from
}

/** Asked when a bundle comes and at each block. */
export function activateIfDue(turn: Turn, vault_id: VaultId, vault: Vault): void {
  completeBundlesHeard(turn, vault_id, vault)
  for (const held of vault.manifests) {
    if (!mayActivate(turn, vault_id, vault, held)) continue
    turn.record({ record: 'manifest-activated', vault_id, hash: held.hash })
    turn.tell({ level: 'info', event: 'manifest-activated', vault_id, manifest_hash: held.hash })
  }
}

function mayActivate(turn: Turn, vault_id: VaultId, vault: Vault, held: HeldManifest): boolean {
  if (held.activated_height !== null || held.bundle_height === null || held.withdrawn || held.cancelled) return false
  if (held.manifest.previous !== vault.active) return false
  if (held.manifest.generation === 1) return true
  if (turn.tip < held.bundle_height + held.manifest.activation_delay) return false
  if (!isUpToDate(turn)) return false
  return ![...turn.durable.incidents.values()].some((one) => one.vault_id === vault_id && isOpen(turn, vault, one))
}

/**
 * What one member alleges holds up no renewal, or a liar could for ever; nor does a trigger that went without harm, nor a drill:
 * one stolen owner key can order one after the other.
 */
function isOpen(turn: Turn, vault: Vault, incident: Incident): boolean {
  if (incident.settled !== null || incident.trigger === 'drill') return false
  return isCalledFor(turn.config.self, vault, incident) || incident.released.size > 0
}

/** Makes room for another manifest of the generation. The withdrawn one stays armed: nothing disarms a vault. */
export function onWithdraw(turn: Turn, request_id: number, request: Extract<EnrolRequest, { request: 'withdraw' }>): void {
  const found = find(turn, request.manifest_hash)
  if (!found) return refuse(turn, request_id, 'unknown-manifest')
  const { vault_id, vault, held } = found
  if (!isWithdrawnBy(turn, vault, held, request.signatures)) return refuse(turn, request_id, 'signatures-missing')
  if (held.activated_height === null) {
    takeWithdrawal(turn, vault_id, held, request.signatures)
    if (held.withdrawn) sayTakenBack(turn, vault_id, held)
  }
  reply(turn, request_id, { answer: 'state', state: manifestState(vault, held) })
}

function find(turn: Turn, hash: ManifestHash): { vault_id: VaultId; vault: Vault; held: HeldManifest } | null {
  for (const [vault_id, vault] of turn.durable.vaults) {
    const held = vault.manifests.find((one) => one.hash === hash)
    if (held) return { vault_id, vault, held }
  }
  return null
}

export function manifestState(vault: Vault, held: HeldManifest): ManifestState {
  if (held.withdrawn) return 'withdrawn'
  if (held.cancelled) return 'cancelled'
  if (vault.active === held.hash) return 'active'
  if (held.activated_height !== null) return 'superseded'
  return held.bundle_height === null ? 'armed' : 'waiting'
}
