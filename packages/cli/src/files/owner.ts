/** An owner's files: the federation's lock, the key to connect with, and the root key. */
import { join } from 'node:path'
import {
  Federation,
  FederationLink,
  type SecretBytes,
  openNodeKeys,
  parseLock,
  verifier,
} from '@belfry/client'
import type { Option } from 'commander'
import { option, required } from '../command.ts'
import { LOCK, NODE_KEYS } from './names.ts'
import { readParsed } from './read-parsed.ts'

export interface OwnerOptions {
  readonly lock: string
  readonly data: string
}

export function ownerOptions(): Option[] {
  return [
    option('--lock <file>', "the federation's lock").default(LOCK),
    required('--data <dir>', "the owner's data directory, as belfry init made it"),
  ]
}

/** @throws ClientError, FederationError */
export async function readFederation(path: string): Promise<Federation> {
  return readParsed(path, 'a lock', (text) => Federation.fromLock(verifier, parseLock(text)))
}

/** A connection to the members for the time of one command. */
export async function withLink<T>(
  federation: Federation,
  data: string,
  passphrase: SecretBytes,
  use: (link: FederationLink) => Promise<T>,
): Promise<T> {
  using keys = await openNodeKeys({ path: join(data, NODE_KEYS), passphrase })
  const link = await FederationLink.open(federation, keys.identitySeed)
  try {
    return await use(link)
  } finally {
    await link.close()
  }
}
