import { type Hash32, type Infer, type VaultId, s } from '../primitives/index.ts'

/**
 * "This command reached me, and I took it when my tip was there." It hands the command on and says so at once: the attachment is
 * the signed command, bound by its hash. Its sign-once slot is (lock, command).
 */
export const commandNotice = s.struct({ vault_id: s.hex<VaultId>(32), command_hash: s.hex<Hash32>(32), height: s.height })
export type CommandNotice = Infer<typeof commandNotice>
