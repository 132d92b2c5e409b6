/** An owner's connection to the members of a federation: one request, one answer, each on a stream of its own. */
import type { SecretBytes } from '@belfry/keystore'
import {
  type EnrolRequest,
  type Federation,
  type InfoRequest,
  type OwnerAnswer,
  type SignedCommand,
  commandRequest,
  enrolRequest,
  infoRequest,
  ownerAnswer,
} from '@belfry/protocol'
import { type MemberIndex, fromCbor, toCbor } from '@belfry/protocol/primitives'
import { type Network, type OwnerProtocol, createNetwork } from '@belfry/network'

/** A member opens every share of a manifest before it answers. */
const REQUEST_TIMEOUT_MS = 30_000

export class FederationLink {
  readonly federation: Federation
  readonly #network: Network

  private constructor(federation: Federation, network: Network) {
    this.federation = federation
    this.#network = network
  }

  /** @param identitySeed Ed25519 seed of the owner's card; members admit its peer id */
  static async open(federation: Federation, identitySeed: SecretBytes): Promise<FederationLink> {
    const network = await identitySeed.use((seed) =>
      createNetwork({
        identitySeed: seed,
        listen: [],
        topicPrefix: federation.lock_prefix,
        self: null,
        members: federation.members.map(({ index, peer_id, addresses }) => ({ index, peerId: peer_id, addresses })),
        owners: [],
        handlers: {
          onGossip: () => Promise.resolve('ignore'),
          onMemberFrame: () => {},
          onOwnerRequest: () => Promise.reject(new Error('an owner answers no requests')),
          onPeer: () => {},
        },
      }),
    )
    return new FederationLink(federation, network)
  }

  enrol(to: MemberIndex, request: EnrolRequest, signal?: AbortSignal): Promise<OwnerAnswer> {
    return this.#request(to, 'enrol', toCbor(enrolRequest, request), signal)
  }

  /** Whoever signed it: members ask its signatures alone. */
  command(to: MemberIndex, signed: SignedCommand, signal?: AbortSignal): Promise<OwnerAnswer> {
    return this.#request(to, 'command', toCbor(commandRequest, { signed }), signal)
  }

  vaults(of: MemberIndex, signal?: AbortSignal): Promise<OwnerAnswer> {
    return this.#info(of, { what: 'vaults' }, signal)
  }

  drills(of: MemberIndex, signal?: AbortSignal): Promise<OwnerAnswer> {
    return this.#info(of, { what: 'drills' }, signal)
  }

  #info(of: MemberIndex, wanted: InfoRequest, signal?: AbortSignal): Promise<OwnerAnswer> {
    return this.#request(of, 'info', toCbor(infoRequest, wanted), signal)
  }

  /** @throws NetworkError, SchemaError for an answer that is none */
  async #request(
    to: MemberIndex,
    protocol: OwnerProtocol,
    bytes: Uint8Array,
    signal?: AbortSignal,
  ): Promise<OwnerAnswer> {
    const options = { timeout_ms: REQUEST_TIMEOUT_MS, ...(signal ? { signal } : {}) }
    return fromCbor(ownerAnswer, await this.#network.request(to, protocol, bytes, options))
  }

  async close(): Promise<void> {
    await this.#network.stop()
  }
}
