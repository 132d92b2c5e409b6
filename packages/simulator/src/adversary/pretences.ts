/** Lying about itself and its chain: tips that nobody has, headers of junk, silence of members that speak. */
import { type Hash32, type Height, toHex } from '@belfry/protocol/primitives'
import type { BlockHash } from '@belfry/protocol/primitives'
import { heartbeat } from './lies.ts'
import type { Strategy } from './strategy.ts'
import type { Tools } from './tools.ts'

const HEADER_BYTES = 80

function anyBlock({ random, tip }: Tools, ahead: number): { height: Height; hash: BlockHash } {
  return { height: Math.max(0, tip + ahead) as Height, hash: toHex(random.bytes(32)) as BlockHash }
}

/** Far ahead, far behind, or beside everybody. */
export const lieAboutTips: Strategy = {
  name: 'lie-about-tips',
  act(tools) {
    const { random } = tools
    const tip = anyBlock(tools, random.pick([-100, -6, 0, 1, 6, 1_000]))
    const hash = (): BlockHash => anyBlock(tools, 0).hash
    tools.gossip(heartbeat(tools, tools.nextSeq(), { tip, hash_6: hash() }))
    const to = random.pick(tools.others)
    const headers = Array.from({ length: random.int(0, 20) }, () => random.bytes(HEADER_BYTES))
    tools.send(to, tools.sign('headers', { headers }))
    tools.send(to, tools.sign('headers-wanted', { locator: [hash()] }))
    tools.gossip(tools.sign('block-proof', { block: tip, answer: toHex(random.bytes(32)) as Hash32 }))
  },
}

/** All others are silent, and it is what it is not. */
export const lieAboutHealth: Strategy = {
  name: 'lie-about-health',
  act(tools) {
    const { random } = tools
    tools.gossip(
      heartbeat(tools, tools.nextSeq(), {
        silent: random.sample(tools.others, random.int(1, tools.others.length)).toSorted((a, b) => a - b),
        standing: random.pick(['serving', 'starting', 'quarantined'] as const),
        chain: random.pick(['ok', 'unreachable'] as const),
        ledger_entries: random.int(0, 100_000),
        software: `belfry/${random.int(0, 9)}.0.0`,
      }),
    )
    for (const to of tools.others) tools.send(to, tools.sign('answered', { pull_seq: random.int(0, 500), is_complete: true }))
  },
}
