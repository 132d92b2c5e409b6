/**
 * `belfry-custody`: a vault of any other custody scheme, as its owner gives it into custody: where the coin is, what may move
 * it, and the finished transactions that bring it to safety. A secret: whoever has it can send them.
 */
import { SecretBytes, readEncryptedFile, writeEncryptedFile } from '@belfry/keystore'
import { MAX_ENVELOPE_BYTES, MAX_RUNGS, MAX_UNVAULTS, NETWORKS, type Network } from '@belfry/protocol'
import { type Infer, SchemaError, formatJson, parseJson, s, utf8 } from '@belfry/protocol/primitives'
import { ClientError } from '../errors.ts'
import { readText } from '../files/read.ts'

/** An envelope adds the tag of its cipher. */
const SEAL_BYTES = 16
const raw = s.blob(MAX_ENVELOPE_BYTES - SEAL_BYTES, 1)

const unvault = s.struct({
  /** Whole where the owner has it at hand; else what the members need to know of it, which nobody here can check. */
  transaction: s.variant('known', {
    whole: s.struct({ raw }),
    outline: s.struct({
      txid: s.txid,
      vsize: s.uint(100_000, 1),
      fee: s.sats,
      /** The output that the clawbacks spend. */
      output: s.struct({ value: s.sats, script: s.blob(10_000, 1) }),
    }),
  }),
  vout: s.uint(0xffff_ffff),
  clawback: s.list(raw, MAX_RUNGS, 1),
})
export type ForeignUnvault = Infer<typeof unvault>

const custodySchema = s.struct({
  format: s.literal('belfry-custody'),
  version: s.literal(1),
  network: s.oneOf<Network>(...NETWORKS),
  deposit: s.struct({
    outpoint: s.outpoint,
    value: s.sats,
    script: s.blob(10_000, 1),
    /** `after-receipts`: the coin is paid in once the members hold the vault. */
    funding: s.oneOf('confirmed', 'after-receipts'),
  }),
  /** Blocks between the confirmation of an unvault and whatever it lets somebody do. */
  csv: s.uint(65_535, 1),
  act_at: s.oneOf('confirmation', 'mempool'),
  unvaults: s.list(unvault, MAX_UNVAULTS),
  /** Each ladder in any order: it is sorted by feerate. */
  emergency: s.list(raw, MAX_RUNGS),
  dead_man: s.list(raw, MAX_RUNGS),
})
export type ForeignVault = Omit<Infer<typeof custodySchema>, 'format' | 'version'>

const KIND = 'custody'

export function custodyToJson(vault: ForeignVault): string {
  const header = { format: 'belfry-custody', version: 1 } as const
  return formatJson(custodySchema, { ...header, ...vault })
}

/** Nobody has looked at its transactions yet: see checkForeignVault. @throws ClientError file-malformed */
export function parseCustody(text: string, path: string): ForeignVault {
  try {
    const { format: _format, version: _version, ...vault } = parseJson(custodySchema, text)
    return vault
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new ClientError(
      'file-malformed',
      `${path} cannot be read as a custody file: ${error.message}`,
      'Correct the field; docs/custody-file.md describes each.',
      { cause: error },
    )
  }
}

/** The file as another program wrote it. @throws ClientError file-unreadable, file-malformed */
export async function readPlainCustody(path: string): Promise<ForeignVault> {
  return parseCustody(await readText(path, 'a custody file'), path)
}

export interface CustodyFile {
  readonly path: string
  /** Lent. */
  readonly passphrase: SecretBytes
}

/** @throws KeystoreError */
export async function writeCustody(vault: ForeignVault, file: CustodyFile & { readonly force?: boolean }): Promise<void> {
  using plaintext = SecretBytes.from(utf8(custodyToJson(vault)), { wipeSource: true })
  await writeEncryptedFile({ ...file, kind: KIND, plaintext })
}

/** @throws KeystoreError; ClientError file-malformed */
export async function readCustody({ path, passphrase }: CustodyFile): Promise<ForeignVault> {
  using plaintext = await readEncryptedFile({ path, kind: KIND, passphrase })
  return parseCustody(
    plaintext.use((bytes) => new TextDecoder().decode(bytes)),
    path,
  )
}
