/** A vault that is robbed: what its owner lost to the thief, and the thief's program. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RegtestNode } from '../../../packages/bitcoind/src/index.ts'
import { type Cluster, environment } from '../../../packages/cli/src/demo/cluster/index.ts'
import { type EnrolledVault, type VaultInit, setUpVault } from '../../../packages/cli/src/demo/vault/enrolled-vault.ts'
import { LOCK } from '../../../packages/cli/src/files/names.ts'
import { LEAST_COST, SecretBytes } from '../../../packages/keystore/src/index.ts'
import { type Txid, sats } from '../../../packages/protocol/src/primitives/index.ts'
import { unvaultToJson } from '../../../packages/vault/src/index.ts'
import type { Attempt } from '../thief/attempt.ts'
import { eventually, reached } from '../../support/watch.ts'
import { LOOT_FILES, THIEF_SCRIPT } from '../thief/loot.ts'

const THIEF = join(import.meta.dirname, '../thief/main.ts')
const THIEF_LIMIT_MS = 120_000
/** Coins that one transaction can pay for him, beside its change. */
const MAX_COINS_AT_ONCE = 200

const execFileAsync = promisify(execFile)

export interface RaidInit extends Partial<Omit<VaultInit, 'name'>> {
  /** What the thief got beside the hot device. */
  readonly stolen?: readonly ('cold-keys' | 'owner-keys')[]
  /** His own money: coins of this value. */
  readonly coins?: { readonly count: number; readonly value: number }
}

export class Raid {
  readonly cluster: Cluster
  readonly vault: EnrolledVault
  /** The thief's own bitcoind. */
  readonly node: RegtestNode
  readonly #loot: string

  private constructor(cluster: Cluster, vault: EnrolledVault, node: RegtestNode, loot: string) {
    this.cluster = cluster
    this.vault = vault
    this.node = node
    this.#loot = loot
  }

  /** A vault that every member guards, and a thief with what he needs. */
  static async on(cluster: Cluster, node: RegtestNode, name: string, { stolen = [], coins, ...init }: RaidInit = {}): Promise<Raid> {
    const vault = await setUpVault(cluster, { name, act_at: 'confirmation', ...init })
    const loot = join(cluster.dir, `loot-${randomBytes(4).toString('hex')}`)
    await mkdir(loot, { mode: 0o700 })
    const text = randomBytes(16).toString('hex')
    using passphrase = SecretBytes.from(Buffer.from(text))
    const write = (file: string, content: string): Promise<void> => writeFile(join(loot, file), content, { mode: 0o600 })
    await write(LOOT_FILES.passphrase, `${text}\n`)
    await write(LOOT_FILES.unvault, unvaultToJson(vault.set))
    const { hot, cold } = vault.keys
    await hot.writeTo({ path: join(loot, LOOT_FILES.hotKey), passphrase, cost: LEAST_COST })
    if (stolen.includes('cold-keys')) {
      await Promise.all(cold.map((key, at) => key.writeTo({ path: join(loot, LOOT_FILES.coldKey(at)), passphrase, cost: LEAST_COST })))
    }
    if (stolen.includes('owner-keys')) {
      await cp(cluster.owner.files.dataDir, join(loot, LOOT_FILES.owner), { recursive: true })
      await writeFile(join(loot, LOOT_FILES.manifest), vault.bundle.manifest.bytes)
      await copyFile(cluster.lock, join(loot, LOOT_FILES.owner, LOCK))
    }
    await write(LOOT_FILES.coins, JSON.stringify(coins === undefined ? [] : await coinsFor(cluster, coins)))
    return new Raid(cluster, vault, node, loot)
  }

  /** Runs the thief's program to its end. @returns all that he tried */
  async thief(attack: string, ...numbers: readonly number[]): Promise<Attempt[]> {
    const { node, cluster: { regtest } } = this
    const tip = await regtest.waitForSameTip()
    await eventually('the tip at the thief', async () => (await node.bitcoind.getBestBlockHash()) === tip)
    const flags = ['--loot', this.#loot, '--port', `${node.rpcPort}`, '--cookie', node.cookieFile]
    const args = ['--conditions=source', THIEF, attack, ...flags, ...numbers.map(String)]
    const { stdout } = await execFileAsync(process.execPath, args, { env: environment(), timeout: THIEF_LIMIT_MS, maxBuffer: 2 ** 24 })
    return stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line) as Attempt)
  }
}

async function coinsFor({ regtest }: Cluster, { count, value }: { readonly count: number; readonly value: number }) {
  const coins: { outpoint: string; value: number }[] = []
  while (coins.length < count) {
    const many = Math.min(count - coins.length, MAX_COINS_AT_ONCE)
    const { outpoints } = await regtest.purse.fund(Array.from({ length: many }, () => ({ script: THIEF_SCRIPT, value: sats(value) })))
    coins.push(...outpoints.map((outpoint) => ({ outpoint, value })))
  }
  await regtest.waitForSameTip()
  return coins
}

/** Of one of its unvault variants. */
export function unvaultTxid({ set }: EnrolledVault, variant = 0): Txid {
  const found = set.transactions.find(({ place }) => place.purpose === 'unvault' && place.variant === variant)
  if (found === undefined) throw new RangeError(`the set has no unvault ${variant}`)
  return found.txid
}

/** Which clawback a txid is; null where it is none. */
export function clawbackOf({ set }: EnrolledVault, txid: Txid): { readonly variant: number; readonly rung: number } | null {
  const place = set.transactions.find((one) => one.txid === txid)?.place
  return place?.purpose === 'clawback' ? place : null
}

/** Mines a block at a bitcoind that is none of the members', and waits until all have it. */
export async function mineAt({ cluster }: Raid, miner: RegtestNode): Promise<void> {
  const tip = await cluster.regtest.waitForSameTip()
  await eventually('the tip at the miner', async () => (await miner.bitcoind.getBestBlockHash()) === tip)
  await reached(cluster, (await miner.bitcoind.generateToAddress(1, await cluster.regtest.freshAddress())).at(-1))
}
