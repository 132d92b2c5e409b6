/**
 * A member whose process has ended and whose keys the bench speaks with: it votes and hands over its share before the theft,
 * so that the one node that is left needs nobody when it comes.
 */
import { type EnrolmentBundle, portsOf } from '../../packages/client/src/index.ts'
import type { Member } from '../../packages/cli/src/demo/cluster/index.ts'
import { type NodeKeys, openNodeKeys, readPassphraseFile, sha256 } from '../../packages/keystore/src/index.ts'
import { type Network, createNetwork } from '../../packages/network/src/index.ts'
import { ShareKeeper } from '../../packages/node/src/custody/share-keeper.ts'
import {
  NO_DISCRIMINATOR,
  type BodyOf, type Federation, MESSAGE_VERSION, type MemberKind, type Trigger, ACTION_OF, decodeManifest, encodeBody, encodeFrame,
  envelopesOf, incidentIdOf, manifestHash, signFrame, taggedHash,
} from '../../packages/protocol/src/index.ts'
import { type Hash32, type Height, type MemberIndex, type Millis, toHex } from '../../packages/protocol/src/primitives/index.ts'

/** Above any that the member itself reached: the same number twice would pass for a lie. */
const BOOT = 1_000
const hasher = { sha256 }

export class Ghost {
  readonly #federation: Federation
  readonly #self: MemberIndex
  readonly #keys: NodeKeys
  readonly #network: Network
  #seq = 0

  private constructor(federation: Federation, self: MemberIndex, keys: NodeKeys, network: Network) {
    this.#federation = federation
    this.#self = self
    this.#keys = keys
    this.#network = network
  }

  /** @param member of this federation, whose process has ended */
  static async rise(federation: Federation, { index, files }: Member): Promise<Ghost> {
    using passphrase = await readPassphraseFile(files.passphrase)
    const keys = await openNodeKeys({ path: files.keystore, passphrase })
    const network = await keys.identitySeed.use((identitySeed) =>
      createNetwork({
        identitySeed,
        listen: federation.memberOf(index).addresses,
        topicPrefix: federation.lock_prefix,
        self: index,
        members: federation.members.map(({ index, peer_id, addresses }) => ({ index, peerId: peer_id, addresses })),
        owners: [],
        handlers: {
          onGossip: async () => 'ignore',
          onMemberFrame: () => {},
          onOwnerRequest: () => Promise.reject(new Error('a ghost answers nobody')),
          onPeer: () => {},
        },
      }),
    )
    return new Ghost(federation, index, keys, network)
  }

  /** Whether what it says reaches so many others. */
  isHeardBy(others: number): boolean {
    const { members_connected, gossip_peers } = this.#network.counters()
    return Math.min(members_connected, gossip_peers) >= others
  }

  /** Says that it saw the theft. */
  vote({ manifest }: EnrolmentBundle, kind: Trigger, anchor_height: Height): void {
    const { vault_id } = decodeManifest(manifest.bytes)
    const incident_id = incidentIdOf(hasher, vault_id, kind)
    this.#network.gossip(this.#frame('vote', { vault_id, trigger: kind, discriminator: NO_DISCRIMINATOR, incident_id, action: ACTION_OF[kind], anchor_height, witness_txid: null }))
  }

  /** Hands its share of one envelope to one member. */
  release(bundle: EnrolmentBundle, kind: Trigger, envelope: number, to: MemberIndex): void {
    this.prepareRelease(bundle, kind, envelope, to)()
  }

  /** The same in two steps, the longer first: seals the share. @returns what signs and sends it */
  prepareRelease({ manifest: { bytes }, shares }: EnrolmentBundle, kind: Trigger, envelope: number, to: MemberIndex): () => void {
    const manifest = decodeManifest(bytes)
    const manifest_hash = manifestHash(hasher, bytes)
    const incident_id = incidentIdOf(hasher, manifest.vault_id, kind)
    const envelope_id = envelopesOf(manifest)[envelope]?.envelope_id
    const mine = shares[this.#self - 1]?.[envelope]
    if (envelope_id === undefined || mine === undefined) throw new RangeError(`the bundle has no envelope ${envelope}`)
    const keeper = new ShareKeeper({ federation: this.#federation, self: this.#self }, { keys: this.#keys })
    const sealed = keeper.sealTo({ effect: 'seal-share', incident_id, manifest_hash, envelope_id, to, sealed: mine })
    if (sealed === null) throw new Error('a ghost cannot open its own share')
    const sealed_hash = toHex(taggedHash(hasher, 'sealed', sealed)) as Hash32
    return () => this.#network.send(to, this.#frame('release', { incident_id, manifest_hash, envelope_id, to, sealed_hash }, sealed))
  }

  async lay(): Promise<void> {
    await this.#network.stop()
    this.#keys.wipe()
  }

  #frame<K extends MemberKind>(kind: K, body: BodyOf<K>, attachment: Uint8Array | null = null): Uint8Array {
    const { lock_hash, lock_prefix, epoch } = this.#federation
    this.#seq += 1
    const head = {
      version: MESSAGE_VERSION, lock_prefix, epoch, kind, from: this.#self, peer_id: this.#federation.memberOf(this.#self).peer_id,
      boot: BOOT, seq: this.#seq, sent_at: Date.now() as Millis, body: encodeBody(kind, body),
    }
    return encodeFrame(signFrame(portsOf(this.#keys), lock_hash, head, attachment))
  }
}
