/** The vault that `--vault` means. */
import { type Manifest, type ManifestHash, type VaultId, hashOfBundle, isHex32, readBundle } from '@belfry/client'
import { usageError } from '../errors.ts'
import { ENROLMENT } from '../files/names.ts'

export interface NamedVault {
  readonly vault_id: VaultId
  /** Where the enrolment file was given: it says whose signatures count, unless a later generation says otherwise. */
  readonly manifest: Manifest | null
  /** Of that manifest. */
  readonly manifest_hash: ManifestHash | null
}

/** @throws CliError usage; ClientError of the file */
export async function vaultOf(given: string | undefined): Promise<NamedVault> {
  if (given === undefined) throw usageError('A vault is needed here.', `Give --vault with its id or its ${ENROLMENT}.`)
  if (isHex32(given)) return { vault_id: given as VaultId, manifest: null, manifest_hash: null }
  const { bundle, manifest } = await readBundle(given)
  return { vault_id: manifest.vault_id, manifest, manifest_hash: hashOfBundle(bundle) }
}
