/** Members that answer owners over the real network, each as the test wants: honest, lying, or not there. */
import { type Network, type OwnerProtocol, createNetwork } from '@belfry/network'
import {
  type EnrolRequest,
  type Frame,
  type Header,
  type InfoRequest,
  MESSAGE_VERSION,
  type ManifestHash,
  type OwnerAnswer,
  type Receipt,
  type SignedCommand,
  commandRequest,
  decodeManifest,
  encodeBody,
  encodeFrame,
  enrolRequest,
  infoRequest,
  ownerAnswer,
  peerIdOf,
  signFrame,
} from '@belfry/protocol'
import type { NodeKey } from '@belfry/protocol'
import { type MemberIndex, type Millis, type VaultId, fromCbor, toCbor } from '@belfry/protocol/primitives'
import { FederationLink, hashOfBundle, portsOf } from '../../src/index.ts'
import type { EnrolmentBundle } from '../../src/index.ts'
import { type TestFederation, makeFederation } from './federation.ts'

/** What a member answers to a request; bytes are sent as they are. */
export type Behaviour = (
  request: EnrolRequest,
  stage: Stage,
  member: MemberIndex,
) => OwnerAnswer | Uint8Array | Promise<never>

/** What a member answers to a question after its vaults. */
export type Telling = (member: MemberIndex, what: InfoRequest['what']) => OwnerAnswer | Uint8Array

/** What a member answers to an order. */
export type Obeying = (signed: SignedCommand, stage: Stage, member: MemberIndex) => OwnerAnswer | Uint8Array

export class Stage implements AsyncDisposable {
  readonly setting: TestFederation
  readonly link: FederationLink
  readonly #networks: readonly Network[]
  /** Requests that each member got, by kind. */
  readonly asked: string[] = []

  private constructor(setting: TestFederation, link: FederationLink, networks: readonly Network[]) {
    this.setting = setting
    this.link = link
    this.#networks = networks
  }

  /** @param behaviours by member; null: it does not run. */
  static async open(
    behaviours: readonly (Behaviour | null)[],
    ports: readonly number[],
    telling: Telling = nothing,
    obeying: Obeying = disobeying,
  ): Promise<Stage> {
    const addresses = behaviours.map((_, at) => `/ip4/127.0.0.1/tcp/${ports[at] ?? 0}`)
    const setting = makeFederation(behaviours.length, { addresses })
    let stage: Stage | null = null
    const networks = await Promise.all(
      behaviours.flatMap((behaviour, at) =>
        behaviour === null
          ? []
          : [
              listen(setting, at, addresses[at] ?? '', (protocol, bytes) => {
                const member = (at + 1) as MemberIndex
                if (protocol === 'info') return Promise.resolve(encoded(telling(member, fromCbor(infoRequest, bytes).what)))
                if (protocol === 'enrol') return answer(stage, behaviour, bytes, member)
                return Promise.resolve(encoded(obeying(fromCbor(commandRequest, bytes).signed, up(stage), member)))
              }),
            ],
      ),
    )
    const link = await FederationLink.open(setting.federation, setting.owner.identitySeed)
    stage = new Stage(setting, link, networks)
    return stage
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link.close()
    await Promise.all(this.#networks.map((network) => network.stop()))
  }
}

async function answer(
  stage: Stage | null,
  behaviour: Behaviour,
  bytes: Uint8Array,
  member: MemberIndex,
): Promise<Uint8Array> {
  const there = up(stage)
  const request = fromCbor(enrolRequest, bytes)
  there.asked.push(`${request.request} ${member}`)
  return encoded(await behaviour(request, there, member))
}

function up(stage: Stage | null): Stage {
  if (stage === null) throw new Error('the stage is not up')
  return stage
}

const disobeying: Obeying = () => ({ answer: 'refused', code: 'busy', message: 'no', remedy: 'wait', retryable: false })

function encoded(said: OwnerAnswer | Uint8Array): Uint8Array {
  return said instanceof Uint8Array ? said : toCbor(ownerAnswer, said)
}

function nothing(member: MemberIndex): OwnerAnswer {
  return { answer: 'vaults', member, tip: null, anchor: null, chain: 'ok', vaults: [] }
}

async function listen(
  setting: TestFederation,
  at: number,
  address: string,
  onRequest: (protocol: OwnerProtocol, bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<Network> {
  const { federation, keys, owner } = setting
  const seed = keys[at]?.identitySeed
  if (seed === undefined) throw new Error('no such member')
  return await seed.use((identitySeed) =>
    createNetwork({
      identitySeed,
      listen: [address],
      topicPrefix: federation.lock_prefix,
      self: (at + 1) as MemberIndex,
      // The members of these tests need not know each other.
      members: federation.members.map(({ index, peer_id }) => ({ index, peerId: peer_id, addresses: [] })),
      owners: [peerIdOf(owner.nodePublicKey as NodeKey)],
      handlers: {
        onGossip: () => Promise.resolve('ignore'),
        onMemberFrame: () => {},
        onOwnerRequest: (_peer, protocol, bytes) => onRequest(protocol, bytes),
        onPeer: () => {},
      },
    }),
  )
}

/** What a lie about a receipt changes. */
interface Change {
  readonly epoch?: number
  readonly signer?: number
  readonly from?: MemberIndex
  readonly attachment?: Uint8Array
  readonly frame?: (frame: Frame) => Frame
}

/** A receipt as its member signs it, with whatever a lie needs changed. */
export function receiptOf(setting: TestFederation, member: MemberIndex, held: Held, change: Change = {}): Uint8Array {
  return signedReceipt(setting, member, { statement: 'holds', ...held }, change)
}

/** Any statement of a member. */
export function signedReceipt({ federation, keys }: TestFederation, member: MemberIndex, said: Receipt, change: Change = {}): Uint8Array {
  const signer = keys[(change.signer ?? member) - 1]
  if (signer === undefined) throw new Error('no such member')
  const head: Header = {
    version: MESSAGE_VERSION,
    lock_prefix: federation.lock_prefix,
    epoch: change.epoch ?? federation.epoch,
    kind: 'receipt',
    from: change.from ?? member,
    peer_id: federation.memberOf(member).peer_id,
    boot: 1,
    seq: 1,
    sent_at: 0 as Millis,
    body: encodeBody('receipt', said),
  }
  const frame = signFrame(portsOf(signer), federation.lock_hash, head, change.attachment ?? null)
  return encodeFrame(change.frame?.(frame) ?? frame)
}

/** Takes everything into custody, and calls it active once the bundle of receipts is there. */
export const honest: Behaviour = (request, { setting }, member) => {
  switch (request.request) {
    case 'manifest':
      return { answer: 'receipt', frame: receiptOf(setting, member, heldOf(request)) }
    case 'bundle':
      return { answer: 'state', state: 'active' }
    case 'withdraw':
      return { answer: 'state', state: 'withdrawn' }
  }
}

/** What a receipt says that its member holds. */
export interface Held {
  readonly vault_id: VaultId
  readonly generation: number
  readonly manifest_hash: ManifestHash
}

export function heldOf({ manifest }: Extract<EnrolRequest, { request: 'manifest' }>): Held {
  const { vault_id, generation } = decodeManifest(manifest.bytes)
  return { vault_id, generation, manifest_hash: hashOfBundle({ manifest } as EnrolmentBundle) }
}

export function refusing(code: string, retryable = false): Behaviour {
  return () => ({ answer: 'refused', code, message: `it says ${code}`, remedy: 'do something about it', retryable })
}
