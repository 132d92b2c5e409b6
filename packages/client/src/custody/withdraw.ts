/** Taking back a manifest that is not active yet, so that another of its generation can come. It stays armed. */
import { NetworkError } from '@belfry/network'
import { MAX_OWNER_KEYS, type ManifestState, type OwnerSignature, ownerSignature } from '@belfry/protocol'
import { type Infer, type ManifestHash, type MemberIndex, SchemaError, formatJson, s } from '@belfry/protocol/primitives'
import type { FederationLink } from '../connect/federation-link.ts'
import { readJson } from '../files/json.ts'
import { writeFiles } from '../files/write.ts'
import { wordsOf } from '../printable.ts'

const withdrawalSchema = s.struct({
  format: s.literal('belfry-withdrawal'),
  version: s.literal(1),
  manifest_hash: s.hex<ManifestHash>(32),
  signatures: s.list(ownerSignature, MAX_OWNER_KEYS, 1),
})
export type Withdrawal = Omit<Infer<typeof withdrawalSchema>, 'format' | 'version'>

/** @throws ClientError, KeystoreError file-not-written */
export async function writeWithdrawal(path: string, withdrawal: Withdrawal): Promise<void> {
  const header = { format: 'belfry-withdrawal', version: 1 } as const
  const content = formatJson(withdrawalSchema, { ...header, ...withdrawal })
  await writeFiles([{ path, content, privacy: 'public' }], { force: true })
}

/** @throws ClientError file-unreadable, file-malformed */
export async function readWithdrawal(path: string): Promise<Withdrawal> {
  const { manifest_hash, signatures } = await readJson(withdrawalSchema, path, 'a withdrawal')
  return { manifest_hash, signatures }
}

export type WithdrawResult =
  | { readonly member: MemberIndex; readonly result: 'state'; readonly state: ManifestState }
  | {
      readonly member: MemberIndex
      readonly result: 'refused' | 'unreachable'
      readonly code: string
      readonly message: string
      readonly remedy: string
    }

/** Every member is asked; safe to repeat. @throws NetworkError aborted */
export async function withdraw(
  link: FederationLink,
  manifest_hash: ManifestHash,
  signatures: readonly OwnerSignature[],
  signal?: AbortSignal,
): Promise<WithdrawResult[]> {
  const request = { request: 'withdraw' as const, manifest_hash, signatures: [...signatures] }
  return Promise.all(
    link.federation.members.map(async ({ index: member }): Promise<WithdrawResult> => {
      try {
        const answer = await link.enrol(member, request, signal)
        if (answer.answer === 'state') return { member, result: 'state', state: answer.state }
        return answer.answer === 'refused' ? { member, result: 'refused', ...wordsOf(answer) } : unreadable(member)
      } catch (error) {
        if (error instanceof SchemaError) return unreadable(member)
        if (!(error instanceof NetworkError) || error.code === 'aborted') throw error
        const { code, message, remedy } = error
        return { member, result: code === 'refused' ? 'refused' : 'unreachable', code, message, remedy }
      }
    }),
  )
}

function unreadable(member: MemberIndex): WithdrawResult {
  const remedy = 'Use a client of the same major version as the federation.'
  return { member, result: 'refused', code: 'malformed', message: 'its answer cannot be read', remedy }
}
