/** Members' words of a generation that its owner took back: saying mine, hearing others', and doing what they come to. */
import { forgetCommand } from '../owner/forgetting.ts'
import { maySign } from '../guard/standing.ts'
import { advanceVault, openStanding } from '../incident/machine.ts'
import { type Frame, encodeFrame, withoutAttachment } from '../messages/frame.ts'
import type { Receipt } from '../messages/receipt.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import { type Height, type MemberIndex, type VaultId, sortedEntries } from '../primitives/index.ts'
import type { HeldManifest, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { type Fate, fateOf, settingOf } from './fate.ts'
import { isUpToDate } from './up-to-date.ts'
import { encodeWithdrawal, takeWithdrawal, withdrawalShown } from './withdrawal.ts'

type TakenBack = Extract<Receipt, { statement: 'taken-back' }>
type LetBe = Extract<Receipt, { statement: 'let-be' }>

/** While I lag I may take back what was activated elsewhere long ago: then I do not say so. */
export function sayTakenBack(turn: Turn, vault_id: VaultId, held: HeldManifest): void {
  const { self } = turn.config
  if (held.taken_back.has(self) || turn.volatile.own_tip.behind_since !== null || !maySign(turn)) return
  const { hash, manifest } = held
  const frame = turn.sign('receipt', {
    statement: 'taken-back',
    vault_id,
    generation: manifest.generation,
    manifest_hash: hash,
    height: turn.tip,
  })
  turn.record({ record: 'taken-back-held', vault_id, hash, member: self, height: turn.tip, frame: encodeFrame(frame) })
  turn.gossip({ ...frame, attachment: held.withdrawal && encodeWithdrawal(held.withdrawal) })
}

/**
 * A member says that the owner took it back while it waited there. It may show the withdrawal, which I look at myself. Its word is held
 * first: where it is mine, which my disk has lost, I say nothing else beside it.
 */
export function onTakenBack(turn: Turn, from: MemberIndex, body: TakenBack, frame: Frame): VerdictCode {
  const { vault_id, manifest_hash, generation, height } = body
  const vault = turn.durable.vaults.get(vault_id)
  const held = vault?.manifests.find(({ hash }) => hash === manifest_hash)
  if (!vault || !held) return 'unknown-manifest'
  if (held.manifest.generation !== generation) return 'wrong-generation'
  const shown = frame.attachment === null || held.withdrawal !== null ? null : withdrawalShown(turn, vault, held, frame.attachment)
  const isNews = !held.taken_back.has(from)
  if (isNews) hold(turn, vault_id, held, from, height, frame)
  if (shown !== null) takeWithdrawal(turn, vault_id, held, shown)
  if (shown !== null && held.withdrawn) sayTakenBack(turn, vault_id, held)
  return isNews || shown !== null ? 'accepted' : 'known'
}

function hold(turn: Turn, vault_id: VaultId, { hash }: HeldManifest, member: MemberIndex, height: Height, frame: Frame): void {
  turn.record({ record: 'taken-back-held', vault_id, hash, member, height, frame: encodeFrame(withoutAttachment(frame)) })
}

/** A member goes on with it: it has been active there for long. */
export function onLetBe(turn: Turn, from: MemberIndex, { vault_id, manifest_hash, generation }: LetBe, frame: Frame): VerdictCode {
  // The first follows none: nobody ever says so of it.
  if (generation === 1) return 'wrong-generation'
  const held = turn.durable.vaults.get(vault_id)?.manifests.find(({ hash }) => hash === manifest_hash)
  if (!held) return 'unknown-manifest'
  if (held.manifest.generation !== generation) return 'wrong-generation'
  if (held.let_be.has(from)) return 'known'
  turn.record({ record: 'let-be-held', vault_id, hash: manifest_hash, member: from, frame: encodeFrame(frame) })
  return 'accepted'
}

/** Asked with each such word, and at each block. */
export function decideFates(turn: Turn, vault_id: VaultId, vault: Vault, at: 'word' | 'block'): void {
  const { self } = turn.config
  const setting = settingOf(turn)
  for (const held of vault.manifests) {
    enact(turn, vault_id, vault, held, fateOf(held, setting, at))
    // What I could not say when it was taken back, because I lagged or had just started.
    if (at === 'block' && (held.cancelled || held.withdrawn) && !held.let_be.has(self)) sayTakenBack(turn, vault_id, held)
  }
}

function enact(turn: Turn, vault_id: VaultId, vault: Vault, held: HeldManifest, fate: Fate): void {
  switch (fate) {
    case 'falls':
      fall(turn, vault_id, vault, held)
      return
    case 'stands':
      turn.record({ record: 'generation-reinstated', vault_id, hash: held.hash })
      turn.tell({ level: 'error', event: 'generation-reinstated', vault_id, manifest_hash: held.hash })
      forgetCancels(turn, vault_id, vault, held)
      sayLetBe(turn, vault_id, held)
      return
    case 'let-be':
      if (isUpToDate(turn)) sayLetBe(turn, vault_id, held)
      return
    case 'as-it-is':
      return
  }
}

/** It stays armed. A U that it alone names is a cold-theft from here on, at every member. */
function fall(turn: Turn, vault_id: VaultId, vault: Vault, held: HeldManifest): void {
  const wasActive = held.activated_height !== null
  turn.record({ record: 'generation-cancelled', vault_id, hash: held.hash })
  turn.tell({ level: wasActive ? 'error' : 'warn', event: 'generation-cancelled', vault_id, manifest_hash: held.hash })
  if (held.withdrawal !== null && !held.withdrawn) turn.record({ record: 'manifest-withdrawn', vault_id, hash: held.hash })
  sayTakenBack(turn, vault_id, held)
  if (!wasActive) return
  openStanding(turn, vault_id, vault)
  advanceVault(turn, vault_id, vault)
}

function sayLetBe(turn: Turn, vault_id: VaultId, held: HeldManifest): void {
  const { self } = turn.config
  if (held.let_be.has(self) || !maySign(turn)) return
  const { hash, manifest } = held
  const frame = turn.sign('receipt', { statement: 'let-be', vault_id, generation: manifest.generation, manifest_hash: hash })
  turn.record({ record: 'let-be-held', vault_id, hash, member: self, frame: encodeFrame(frame) })
  turn.gossip(frame)
}

/** Others refuse them, and would be offered them again and again. */
function forgetCancels(turn: Turn, vault_id: VaultId, vault: Vault, { hash }: HeldManifest): void {
  for (const [command_hash, held] of sortedEntries(vault.commands)) {
    const { what } = held.command
    if (what.order === 'cancel-generation' && what.manifest_hash === hash) forgetCommand(turn, vault_id, vault, command_hash, held)
  }
}
