import { StrictNoSign, type GossipsubOpts } from '@libp2p/gossipsub'
import type { NetworkLimits } from '../limits.ts'
import type { MessageIds } from './message-ids.ts'
import type { Standing } from './standing.ts'

/** Topic name, protobuf tags and lengths around one message. */
const ENVELOPE_BYTES = 1024
/** A member sends one message per RPC; control messages may ride along. */
const CONTROL_PER_RPC = 64
/** Mesh degree. Every message goes to all connected members from its author; the mesh only bridges missing links. */
const DEGREE = 6
const DEGREE_LOW = 4
const DEGREE_HIGH = 9
/** Smaller ones cost less than telling others not to send them; and who told so, then ignores, has lost the copies. */
const IDONTWANT_BYTES = 16 * 1024
/** Rejected messages, of recent weight, after which everything from a member is ignored on gossip. */
const REJECTIONS_MAX = 5
/** GRAFTs against the rules before they count, as in Lodestar: a member that restarts forgets its backoffs. */
const FREE_MISBEHAVIOUR = 6

interface OptionsInit {
  readonly topic: string
  readonly otherMembers: number
  readonly limits: NetworkLimits
  readonly ids: MessageIds
  readonly standing: Standing
}

/**
 * Unsigned messages (ours carry their own signature), known by their hash. gossipsub's lazy repair (IHAVE, IWANT) is
 * off: Pull repairs, and one answer to IWANT holds many messages, which no bound for honest members could allow.
 */
export function gossipsubOptions({ topic, otherMembers, limits, ids, standing }: OptionsInit): Partial<GossipsubOpts> {
  const degree = Math.max(1, Math.min(otherMembers, DEGREE))
  const low = Math.max(1, Math.min(degree, DEGREE_LOW))
  return {
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: (message) => ids.idOf(message.data),
    allowedTopics: [topic],
    emitSelf: false,
    floodPublish: true,
    fallbackToFloodsub: false,
    doPX: false,
    tagMeshPeers: false,
    allowPublishToZeroTopicPeers: false,
    ignoreDuplicatePublishError: true,
    D: degree,
    Dlo: low,
    Dhi: Math.max(degree, DEGREE_HIGH),
    Dscore: low,
    Dout: Math.min(low - 1, Math.floor(degree / 2)),
    Dlazy: 0,
    gossipFactor: 0,
    mcacheLength: 2,
    mcacheGossip: 1,
    idontwantMinDataSize: IDONTWANT_BYTES,
    maxInboundDataLength: limits.maxGossipBytes + ENVELOPE_BYTES,
    maxOutboundBufferSize: limits.gossipBurstBytes,
    maxTopicBytesPerPeer: 4 * ENVELOPE_BYTES,
    maxInboundStreams: 4,
    maxOutboundStreams: 4,
    decodeRpcLimits: {
      maxSubscriptions: CONTROL_PER_RPC,
      maxMessages: 1,
      maxIhaveMessageIDs: CONTROL_PER_RPC,
      maxIwantMessageIDs: CONTROL_PER_RPC,
      maxIdontwantMessageIDs: CONTROL_PER_RPC,
      maxControlMessages: CONTROL_PER_RPC,
      maxPeerInfos: 0,
    },
    scoreParams: {
      topics: {},
      appSpecificScore: (peerId) => standing.scoreOf(peerId),
      appSpecificWeight: 1,
      IPColocationFactorWeight: 0,
      behaviourPenaltyThreshold: FREE_MISBEHAVIOUR,
      behaviourPenaltyWeight: -1,
    },
    // A score below 0 alone takes a member out of the mesh; none of these touches a member in good standing.
    scoreThresholds: {
      gossipThreshold: -1,
      publishThreshold: -REJECTIONS_MAX,
      graylistThreshold: -REJECTIONS_MAX,
      acceptPXThreshold: 0,
      opportunisticGraftThreshold: 0,
    },
  }
}
