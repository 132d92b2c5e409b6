/** Transactions to flood a mempool with: those of a block, each under ever new names. */
import { randomBytes } from 'node:crypto'
import { BlockWalk } from '../../../packages/node/src/chain/serial/block-walk.ts'
import { serialisedBlocks } from '../../support/serialised-blocks/index.ts'

interface Template {
  readonly bytes: Buffer
  /** Where its first input names what it spends. */
  readonly outpoint: number
}

const TXID_BYTES = 32
/** Names are made ahead: a publisher that draws them one by one is the slower of the two. */
const NAMES = 65_536

/**
 * Of one shape after the other, in the order of the block. Nobody watches what they spend; its name is new each time, so that
 * it is looked for in another place of the table.
 */
export class Traffic {
  readonly #templates: readonly Template[]
  readonly #names = randomBytes(NAMES * TXID_BYTES)
  #count = 0

  private constructor(templates: readonly Template[]) {
    this.#templates = templates
  }

  /** @param folder with real blocks; null: of the synthetic one */
  static async of(folder: string | null): Promise<Traffic> {
    const blocks = await serialisedBlocks(folder)
    return new Traffic(blocks.flatMap(({ bytes }) => templatesOf(bytes)))
  }

  next(): Buffer {
    const { bytes, outpoint } = this.#templates[this.#count % this.#templates.length] ?? NONE
    const copy = Buffer.from(bytes)
    this.nextName().copy(copy, outpoint)
    return copy
  }

  /** 32 bytes that name nothing else. */
  nextName(): Buffer {
    this.#count += 1
    const at = (this.#count % NAMES) * TXID_BYTES
    const name = Buffer.from(this.#names.subarray(at, at + TXID_BYTES))
    name.writeUInt32LE(this.#count, 0)
    return name
  }
}

const NONE: Template = { bytes: Buffer.alloc(0), outpoint: 0 }

/** All but the coinbase. */
function templatesOf(block: Uint8Array): Template[] {
  const walk = new BlockWalk(1)
  const view = new DataView(block.buffer)
  walk.block(view, block.byteOffset, block.byteOffset + block.length, { inputs: false, outputs: false })
  return Array.from({ length: walk.layouts.count - 1 }, (_, at) => {
    const { start, inputs, end } = walk.layouts.of(at + 1)
    const isLong = (block[inputs] ?? 0) >= 0xfd
    return { bytes: Buffer.from(block.subarray(start, end)), outpoint: inputs - start + (isLong ? 3 : 1) }
  })
}
