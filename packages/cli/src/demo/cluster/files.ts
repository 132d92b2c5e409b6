/** Where everything of a cluster lies: one folder, removed as a whole. */
import { join } from 'node:path'
import { CARD, LOCK, NODE_KEYS, OWNER_KEY } from '../../files/names.ts'

export interface MemberFiles {
  readonly dataDir: string
  readonly keystore: string
  readonly card: string
  readonly passphrase: string
  readonly config: string
  readonly log: string
  /** Written by the node at its first start. */
  readonly token: string
}

export interface OwnerFiles {
  readonly dataDir: string
  readonly connectKeys: string
  readonly ownerKey: string
  readonly card: string
  readonly passphrase: string
}

/** Numbers within names count as numbers, so the lock has the members in this order. */
export function nameOf(index: number): string {
  return `tower-${index}`
}

export function memberFiles(dir: string, name: string): MemberFiles {
  const dataDir = join(dir, name)
  return {
    dataDir,
    keystore: join(dataDir, NODE_KEYS),
    card: join(dataDir, CARD),
    passphrase: join(dataDir, 'passphrase'),
    config: join(dataDir, 'belfry.yaml'),
    log: join(dataDir, 'belfry.log'),
    token: join(dataDir, 'api-token'),
  }
}

export function ownerFiles(dir: string): OwnerFiles {
  const dataDir = join(dir, 'owner')
  return {
    dataDir,
    connectKeys: join(dataDir, NODE_KEYS),
    ownerKey: join(dataDir, OWNER_KEY),
    card: join(dataDir, CARD),
    passphrase: join(dataDir, 'passphrase'),
  }
}

export function lockFile(dir: string): string {
  return join(dir, LOCK)
}
