import { commandDigest } from '@belfry/protocol'
import type { Invariant } from './invariant.ts'

/** The simulated owner has one key for everything, and never withdraws a manifest. */
export const OWNER: Invariant = {
  name: 'owner',
  sentence: 'what members take for the word of an owner, an owner signed, and for that',
  watch: ({ isHonest, vaults, ports, fail }) => ({
    onStep(member, _input, output) {
      for (const record of output.records) {
        if (record.record === 'manifest-withdrawn' && isHonest(member.index)) fail('a manifest was withdrawn by nobody', member.index)
        if (record.record !== 'command-taken' || !isHonest(member.index)) continue
        const held = member.state?.durable.vaults.get(record.vault_id)?.commands.get(record.command_hash)
        const root = vaults.deals[0]?.manifest.owner.root
        if (!held || root === undefined) continue
        const digest = commandDigest(ports, held.signed.bytes)
        const isSigned = held.signed.signatures.some(({ key, signature }) => key === root && ports.verifyOwner(key, digest, signature))
        if (!isSigned) fail(`an order was taken that no owner signed: ${held.command.what.order}`, member.index)
      }
    },
  }),
}
