/** The key that signs orders: an owner's or a guardian's, whichever the data directory holds. */
import { join } from 'node:path'
import { type OwnerKey, type SecretBytes, exists, openOwnerKey } from '@belfry/client'
import { CliError } from '../errors.ts'
import { GUARDIAN_KEY, OWNER_KEY } from '../files/names.ts'

/** The caller wipes it. @throws CliError wrong-keys; KeystoreError */
export async function openOrderKey(data: string, passphrase: SecretBytes): Promise<OwnerKey> {
  for (const name of [OWNER_KEY, GUARDIAN_KEY]) {
    const path = join(data, name)
    if (await exists(path)) return await openOwnerKey({ path, passphrase })
  }
  throw new CliError(
    'wrong-keys',
    `${data} holds neither ${OWNER_KEY} nor ${GUARDIAN_KEY}.`,
    'Give the data directory of the owner or guardian who signs.',
  )
}
