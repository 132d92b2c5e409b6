/** One hash for all that a member guards: peers, and whoever reads heartbeats later, can be shown that one vault is in it. */
import { type Hasher, hashOf, taggedHash } from '../crypto/index.ts'
import { type Hash32, type Infer, type ManifestHash, type VaultId, concat, fromHex, s, toHex } from '../primitives/index.ts'
import type { Durable } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'

const leaf = s.struct({ vault_id: s.hex<VaultId>(32), generation: s.uint(0xffff_ffff, 1), manifest_hash: s.hex<ManifestHash>(32) })

const NOTHING = '00'.repeat(32) as Hash32

/** Of the manifests that are armed, by vault and generation; zeros where there is none. An odd one goes up as it is (RFC 6962). */
export function guardedRoot(hasher: Hasher, { vaults }: Pick<Durable, 'vaults'>): Hash32 {
  let level = [...vaults]
    .flatMap(([vault_id, { manifests }]) =>
      manifests.map(({ hash, manifest }) => ({ vault_id, generation: manifest.generation, manifest_hash: hash })),
    )
    .toSorted(byVault)
    .map((one) => hashOf(hasher, 'guarded', leaf, one))
  while (level.length > 1) level = parents(hasher, level)
  return (level[0] as Hash32 | undefined) ?? NOTHING
}

function byVault(a: Infer<typeof leaf>, b: Infer<typeof leaf>): number {
  if (a.vault_id !== b.vault_id) return a.vault_id < b.vault_id ? -1 : 1
  return a.generation - b.generation || (a.manifest_hash < b.manifest_hash ? -1 : 1)
}

function parents(hasher: Hasher, level: readonly string[]): string[] {
  const above: string[] = []
  for (let at = 0; at < level.length; at += 2) {
    const [left = '', right] = level.slice(at, at + 2)
    above.push(right === undefined ? left : toHex(taggedHash(hasher, 'guarded_node', concat(fromHex(left), fromHex(right)))))
  }
  return above
}

/** Mine, made again only when custody has changed. */
export function myGuardedRoot({ ports, durable, volatile }: Turn): Hash32 {
  volatile.guarded_root ??= guardedRoot(ports, durable)
  return volatile.guarded_root
}
