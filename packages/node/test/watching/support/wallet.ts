/** A wallet as people have them, whose coins a test can spend: bitcoind signs, by keys that are derived here. */
import assert from 'node:assert/strict'
import { createECDH, createHash, createHmac } from 'node:crypto'
import type { Bitcoind, RawOutput } from '@belfry/bitcoind'
import { concat, fromHex, type Outpoint, splitOutpoint, toHex, type Txid, utf8 } from '@belfry/protocol/primitives'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const DIGITS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
/** Of test networks. */
const TPUB_VERSION = Uint8Array.of(0x04, 0x35, 0x87, 0xcf)
const WIF_VERSION = Uint8Array.of(0xef)
const COMPRESSED = Uint8Array.of(1)

interface Key {
  readonly secret: Uint8Array
  readonly chainCode: Uint8Array
}

export interface WalletCoin {
  readonly outpoint: Outpoint
  readonly branch: number
  readonly index: number
  readonly sats: number
}

export interface SignedSpend {
  readonly txid: Txid
  readonly bytes: Uint8Array
}

/** Of P2WPKH scripts, receive and change. */
export class TestWallet {
  readonly #master: Key

  constructor(seed: string) {
    this.#master = keyOf(hmac(utf8('Bitcoin seed'), utf8(seed)))
  }

  get descriptor(): string {
    const { secret, chainCode } = this.#master
    const xpub = base58(TPUB_VERSION, new Uint8Array(9), chainCode, publicKeyOf(secret))
    return `wpkh(${xpub}/<0;1>/*)`
  }

  scriptAt(branch: number, index: number): Uint8Array {
    const sha256 = createHash('sha256').update(publicKeyOf(this.#secretAt(branch, index))).digest()
    return concat(Uint8Array.of(0x00, 0x14), createHash('ripemd160').update(sha256).digest())
  }

  /** @param outputs without the fee, which is what is left */
  async spend({ rpc }: Bitcoind, coins: readonly WalletCoin[], outputs: readonly RawOutput[]): Promise<SignedSpend> {
    const prevouts = coins.map(({ outpoint, branch, index, sats }) => {
      const { txid, vout } = splitOutpoint(outpoint)
      return { txid, vout, scriptPubKey: toHex(this.scriptAt(branch, index)), amount: sats / 100_000_000 }
    })
    const keys = coins.map(({ branch, index }) => base58(WIF_VERSION, this.#secretAt(branch, index), COMPRESSED))
    const signed = await rpc.call('signrawtransactionwithkey', [toHex(unsigned(coins, outputs)), keys, prevouts])
    const { hex, complete } = signed as { hex: string; complete: boolean }
    assert.ok(complete)
    const { txid } = await rpc.call('decoderawtransaction', [hex]) as { txid: Txid }
    return { txid, bytes: fromHex(hex) }
  }

  #secretAt(branch: number, index: number): Uint8Array {
    return child(child(this.#master, branch), index).secret
  }
}

/** BIP-32, not hardened. */
function child({ secret, chainCode }: Key, index: number): Key {
  const data = new Uint8Array(37)
  data.set(publicKeyOf(secret))
  new DataView(data.buffer).setUint32(33, index)
  const next = keyOf(hmac(chainCode, data))
  const sum = (numberOf(next.secret) + numberOf(secret)) % ORDER
  return { secret: fromHex(sum.toString(16).padStart(64, '0')), chainCode: next.chainCode }
}

function keyOf(bytes: Uint8Array): Key {
  return { secret: bytes.slice(0, 32), chainCode: bytes.slice(32) }
}

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha512', key).update(data).digest())
}

function publicKeyOf(secret: Uint8Array): Uint8Array {
  const key = createECDH('secp256k1')
  key.setPrivateKey(secret)
  return new Uint8Array(key.getPublicKey(null, 'compressed'))
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`)
}

/** With its checksum; of bytes that do not begin with a zero. */
function base58(...parts: readonly Uint8Array[]): string {
  const bytes = concat(...parts)
  const once = createHash('sha256').update(bytes).digest()
  const checksum = createHash('sha256').update(once).digest().subarray(0, 4)
  let text = ''
  for (let left = numberOf(concat(bytes, checksum)); left > 0n; left /= 58n) text = `${DIGITS[Number(left % 58n)]}${text}`
  return text
}

/** Version 2, replaceable. */
function unsigned(coins: readonly WalletCoin[], outputs: readonly RawOutput[]): Uint8Array {
  const inputs = coins.map(({ outpoint }) => {
    const { txid, vout } = splitOutpoint(outpoint)
    return concat(fromHex(txid).toReversed(), uint(vout, 4), Uint8Array.of(0), uint(0xfffffffd, 4))
  })
  const paid = outputs.map(({ script, value }) => concat(uint(Number(value), 8), Uint8Array.of(script.length), script))
  return concat(
    uint(2, 4), Uint8Array.of(inputs.length), ...inputs, Uint8Array.of(paid.length), ...paid, uint(0, 4),
  )
}

function uint(value: number, bytes: 4 | 8): Uint8Array {
  const written = new Uint8Array(8)
  new DataView(written.buffer).setBigUint64(0, BigInt(value), true)
  return written.slice(0, bytes)
}
