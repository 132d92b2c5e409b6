/** The block that says when a command was given. */
import type { Bitcoind } from '@belfry/bitcoind'
import { ANCHOR_DEPTH, type BlockRef } from '@belfry/protocol'
import type { Height } from '@belfry/protocol/primitives'
import type { FederationLink } from '../connect/federation-link.ts'
import { surveyVaults } from '../connect/survey.ts'
import { ClientError } from '../errors.ts'

/** Deeper than it must be, so that members which lag a little take the command at once; still far from being old. */
const SLACK_BLOCKS = 2

/** @throws ClientError no-anchor; BitcoindError */
export async function anchorOfBitcoind(bitcoind: Bitcoind, signal?: AbortSignal): Promise<BlockRef> {
  const { blocks: tip } = await bitcoind.getBlockchainInfo({ signal })
  const height = Math.max(0, tip - ANCHOR_DEPTH - SLACK_BLOCKS) as Height
  const hash = tip < ANCHOR_DEPTH ? null : await bitcoind.getBlockHash(height, { signal })
  if (hash !== null) return { height, hash }
  throw new ClientError('no-anchor', `the chain has only ${tip} blocks`, `Wait until there are more than ${ANCHOR_DEPTH}.`)
}

/**
 * The block that most members tell; of several the one in the middle, and of two there the lower, which lagging members know
 * too. A false one, if as many lie, has the command refused, and no more.
 * @throws ClientError no-anchor; NetworkError aborted
 */
export async function anchorOfMembers(link: FederationLink, signal?: AbortSignal): Promise<BlockRef> {
  const told = new Map<string, { readonly anchor: BlockRef; readonly voices: number }>()
  for (const one of await surveyVaults(link, signal)) {
    if (one.result !== 'answer' || one.answer.anchor === null) continue
    const { anchor } = one.answer
    const block = `${anchor.height} ${anchor.hash}`
    told.set(block, { anchor, voices: (told.get(block)?.voices ?? 0) + 1 })
  }
  const most = Math.max(0, ...[...told.values()].map(({ voices }) => voices))
  const best = [...told.values()].filter(({ voices }) => voices === most).toSorted((a, b) => a.anchor.height - b.anchor.height)
  const middle = best[Math.floor((best.length - 1) / 2)]
  if (middle !== undefined) return middle.anchor
  throw new ClientError(
    'no-anchor',
    'no member tells a block to anchor the command at',
    'Give a bitcoind of your own (--bitcoind-port), or wait until members have seen some blocks.',
  )
}
