/** Sending a stored enrolment to the members, and what the hot device gets once they hold it. */
import {
  type EnrolmentBundle,
  type Enrolled,
  type Federation,
  RETRY_MS,
  type SecretBytes,
  enrol,
  exists,
  hashOfBundle,
  readReceipts,
  readText,
  requireSigned,
  signingOfBundle,
  writeReceipts,
} from '@belfry/client'
import { CliError } from '../../errors.ts'
import { withLink } from '../../files/owner.ts'
import { warnOfWrong } from '../../files/wrong-signatures.ts'
import type { Shell } from '../../shell.ts'
import { sentenceOf } from './enrolled.ts'

export interface GiveOptions {
  readonly data: string
  readonly enrolment: string
  readonly receipts: string
  readonly wait: number
}

export interface UnvaultFile {
  readonly content: string
  readonly there: boolean
}

/** @throws CliError files-disagree where another vault's unvault.json is there, before anything is sent */
export async function prepareUnvault(path: string, content: string | null): Promise<UnvaultFile | null> {
  if (content === null) return null
  const there = await exists(path)
  if (!there || (await readText(path, 'unvault.json')) === content) return { content, there }
  throw new CliError(
    'files-disagree',
    `${path} is there and belongs to another recovery set; it was left untouched.`,
    'Give another --unvault.',
  )
}

/** What became of the hot device's file, for a sentence. */
export function unvaultSentence(path: string, unvault: UnvaultFile | null): string {
  if (unvault === null) return 'let nobody spend from it yet'
  return unvault.there ? `${path} stays as it was` : `${path} was not written`
}

/** @throws ClientError signatures-missing, before anything is sent; CliError files-disagree */
export async function give(
  { data, enrolment, receipts: path, wait }: GiveOptions,
  federation: Federation,
  bundle: EnrolmentBundle,
  passphrase: SecretBytes,
  { output, signal }: Shell,
): Promise<Enrolled> {
  const how = `On the device of another owner run: belfry vault countersign --enrolment ${enrolment} --data DIR; then run the same command here again.`
  const signing = signingOfBundle(bundle)
  requireSigned(signing, how)
  warnOfWrong(output, enrolment, signing.wrong)
  const manifest_hash = hashOfBundle(bundle)
  const before = (await exists(path)) ? await readReceipts(path) : null
  if (before !== null && before.manifest_hash !== manifest_hash) {
    throw new CliError(
      'files-disagree',
      `${path} holds the receipts of another enrolment; it was left untouched.`,
      'Give another --receipts.',
    )
  }
  return await withLink(federation, data, passphrase, (link) =>
    enrol(link, bundle, {
      onResult: (result) => output.progress(sentenceOf(federation, result)),
      onReceipts: async (receipts) => {
        if (receipts.length > 0)
          await writeReceipts(path, { manifest_hash, receipts: receipts.map(({ frame }) => frame) })
      },
      receipts: before?.receipts ?? [],
      retries: Math.ceil((wait * 1000) / RETRY_MS),
      signal,
    }),
  )
}
