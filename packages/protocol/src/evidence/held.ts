/** What I hold for good of a member's own statement about the same thing: there no restart of mine makes room for another. */
import type { CommandNotice } from '../messages/command.ts'
import type { SignedPart } from '../messages/evidence.ts'
import type { BodyOf, MemberKind } from '../messages/kinds.ts'
import type { Receipt } from '../messages/receipt.ts'
import type { MemberIndex } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'

type Held = { readonly [K in MemberKind]?: (turn: Turn, from: MemberIndex, body: BodyOf<K>) => Uint8Array | undefined }

const HELD: Held = { receipt: heldReceipt, command: heldNotice }

export function heldFor<K extends MemberKind>(turn: Turn, from: MemberIndex, kind: K, body: BodyOf<K>): SignedPart | undefined {
  const bytes = HELD[kind]?.(turn, from, body)
  return bytes && turn.reading.frame(bytes)
}

function heldReceipt({ durable: { vaults } }: Turn, from: MemberIndex, body: Receipt): Uint8Array | undefined {
  switch (body.statement) {
    case 'holds':
      for (const { manifests } of vaults.values()) {
        const held = manifests.find(({ hash }) => hash === body.manifest_hash)
        if (held) return held.receipts.get(from)
      }
      return undefined
    case 'drill':
      return vaults.get(body.vault_id)?.commands.get(body.command_hash)?.reports.get(from)
    case 'published':
    case 'taken-back':
    case 'let-be':
    case 'broadcast':
    case 'destroyed':
      return undefined
  }
}

function heldNotice({ durable: { vaults, destroyed } }: Turn, from: MemberIndex, { vault_id, command_hash }: CommandNotice): Uint8Array | undefined {
  const gone = destroyed.get(vault_id)
  const held = vaults.get(vault_id)?.commands.get(command_hash) ?? (gone?.command_hash === command_hash ? gone.command : undefined)
  return held?.notices.get(from)?.frame
}
