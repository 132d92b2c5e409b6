import { type HeldCommand, type HeldManifest, type OwnerSignature, commandDigest, decodeCommand, taggedHash } from '@belfry/protocol'
import { equalBytes } from '@belfry/protocol/primitives'
import type { Context, Invariant } from './invariant.ts'

/** The simulated owner has one key for everything. */
export const OWNER: Invariant = {
  name: 'owner',
  sentence: 'what members take for the word of an owner, an owner signed, and for that, and for this lock',
  watch: (context) => ({
    onStep(member, _input, output) {
      const { isHonest, fail, vaults: { deals } } = context
      if (!isHonest(member.index)) return
      const { vaults, destroyed } = member.state?.durable ?? {}
      for (const record of output.records) {
        if (record.record === 'manifest-armed' && !deals.some(({ hash }) => hash === record.hash)) {
          fail('a manifest was armed that no owner made', member.index)
        }
        if (record.record === 'manifest-withdrawn') {
          const held = vaults?.get(record.vault_id)?.manifests.find(({ hash }) => hash === record.hash)
          if (!held || !isTakenBack(context, held)) fail('a manifest was withdrawn by nobody', member.index)
        }
        if (record.record !== 'command-taken') continue
        // What is to be forgotten is so in the same step.
        const gone = destroyed?.get(record.vault_id)
        const held = vaults?.get(record.vault_id)?.commands.get(record.command_hash) ?? (gone?.command_hash === record.command_hash ? gone.command : undefined)
        if (!held || !isOrdered(context, held)) fail(`an order was taken that no owner signed: ${held?.command.what.order}`, member.index)
      }
    },
  }),
}

/** By what was signed, whatever a core has read there. */
function isOrdered(context: Context, { command, signed: { bytes, signatures } }: HeldCommand): boolean {
  const signed = decodeCommand(bytes)
  if (signed.lock_hash !== context.federation.lock_hash || signed.what.order !== command.what.order) return false
  return isSigned(context, commandDigest(context.ports, bytes), signatures)
}

/** By a signature of its own: were there one tag for all, the one on the manifest would hold here too. */
function isTakenBack(context: Context, { signed, withdrawal }: HeldManifest): boolean {
  const isOwn = ({ signature }: OwnerSignature): boolean => !signed.signatures.some((given) => equalBytes(given.signature, signature))
  return isSigned(context, taggedHash(context.ports, 'withdraw', signed.bytes), (withdrawal ?? []).filter(isOwn))
}

function isSigned({ vaults, ports }: Context, digest: Uint8Array, signatures: readonly OwnerSignature[]): boolean {
  const root = vaults.deals[0]?.manifest.owner.root
  return root === undefined || signatures.some(({ key, signature }) => key === root && ports.verifyOwner(key, digest, signature))
}
