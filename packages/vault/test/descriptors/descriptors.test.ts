import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { fromHex, toHex } from '@belfry/protocol/primitives'
import {
  type Descriptor,
  DescriptorError,
  type DescriptorErrorCode,
  type DescriptorReader,
  MAX_DESCRIPTOR_CHARS,
  addressOfScript,
  loadDescriptors,
} from '../../src/index.ts'
import { INVALID, MULTIPATH, PRIVATE, PUBLIC_KEY, SCRIPTS, XPUB_A, XPUB_B } from './vectors.ts'

describe('descriptors', () => {
  let reader: DescriptorReader
  before(async () => {
    reader = await loadDescriptors()
  })

  const parse = (text: string): Descriptor => reader.parse(text, 'mainnet')
  const scriptsOf = (descriptor: Descriptor, branch: number, index: number): string[] =>
    descriptor.scriptsAt(branch, index).map(toHex)

  for (const [text, ...scripts] of SCRIPTS) {
    it(`gives the scripts of the BIPs' vector ${shortened(text)}`, () => {
      const descriptor = parse(text)
      assert.equal(descriptor.ranged, scripts.length > 1)
      assert.equal(descriptor.branches, 1)
      assert.deepEqual(scripts.flatMap((_, index) => scriptsOf(descriptor, 0, index)), scripts)
    })
  }

  for (const [text, ...expanded] of MULTIPATH) {
    it(`takes ${shortened(text)} for the ${expanded.length} descriptors of BIP-389's vector`, () => {
      const descriptor = parse(text)
      assert.equal(descriptor.branches, expanded.length)
      for (const [branch, one] of expanded.entries()) {
        const index = descriptor.ranged ? 7 : 0
        assert.deepEqual(scriptsOf(descriptor, branch, index), scriptsOf(parse(one), 0, index))
      }
    })
  }

  for (const [why, text] of INVALID) {
    it(`refuses ${why}`, () => {
      quotesNothing(refused(() => parse(text)), text)
    })
  }

  for (const text of PRIVATE) {
    it(`refuses the private key in ${shortened(text)}, and quotes none of it`, () => {
      quotesNothing(refused(() => parse(text), 'private-key-given'), text)
      quotesNothing(refused(() => reader.readExtendedKey(text, null, 'mainnet'), 'private-key-given'), text)
    })
  }

  it('takes no script, hash or key in hex for a private key', () => {
    // 26 bytes have as many digits as a WIF has characters.
    const bytes = fc.oneof(fc.constantFrom(26, 29, 32, 33), fc.nat(200)).chain((length) =>
      fc.uint8Array({ minLength: Math.max(length, 1), maxLength: Math.max(length, 1) }),
    )
    fc.assert(fc.property(bytes, (script) => {
      assert.deepEqual(parse(`raw(${toHex(script)})`).scriptsAt(0, 0), [script])
    }), { numRuns: 2_000 })
    assert.equal(parse(`raw(${'5c'.repeat(26)})`).ranged, false)
  })

  it('takes a checksum, and gives one where there was none', () => {
    assert.equal(parse('raw(deadbeef)#89f8spxm').text, 'raw(deadbeef)#89f8spxm')
    assert.equal(parse(' raw(deadbeef)\n').text, 'raw(deadbeef)#89f8spxm')
    refused(() => parse('raw(deadbeef)#89f8spxn'), 'descriptor-checksum')
  })

  it('gives all four scripts of combo(), and two where the key is uncompressed', () => {
    const [pk, pkh, wpkh, nested] = ['pk(K)', 'pkh(K)', 'wpkh(K)', 'sh(wpkh(K))'].map((one) =>
      scriptsOf(parse(one.replace('K', PUBLIC_KEY)), 0, 0),
    )
    assert.deepEqual(scriptsOf(parse(`combo(${PUBLIC_KEY})`), 0, 0), [pk, pkh, wpkh, nested].flat())
    const [, uncompressed] = SCRIPTS.find(([text]) => text.startsWith('pk(04')) ?? assert.fail()
    assert.equal(scriptsOf(parse(`combo(${uncompressed?.slice(2, -2)})`), 0, 0).length, 2)
  })

  it('gives the output key itself for rawtr()', () => {
    assert.deepEqual(scriptsOf(parse(`rawtr(${PUBLIC_KEY})`), 0, 0), [`5120${PUBLIC_KEY.slice(2)}`])
    assert.deepEqual(scriptsOf(parse(`rawtr(${PUBLIC_KEY.slice(2)})`), 0, 0), [`5120${PUBLIC_KEY.slice(2)}`])
  })

  it('says that keys and addresses are of another network', () => {
    refused(() => reader.parse(`wpkh(${XPUB_A}/*)`, 'regtest'), 'descriptor-network')
    refused(() => reader.parse('addr(3PUNyaW7M55oKWJ3kDukwk9bsKvryra15j)', 'signet'), 'descriptor-network')
    refused(() => reader.readExtendedKey(XPUB_A, null, 'testnet4'), 'descriptor-network')
  })

  it('refuses what is too long before it looks at it', () => {
    refused(() => parse(`raw(${'00'.repeat(MAX_DESCRIPTOR_CHARS)})`), 'descriptor-too-long')
  })

  it('throws nothing else, whatever the text', () => {
    const words = fc.constantFrom(
      'sh(', 'wsh(', 'tr(', 'pk(', 'wpkh(', 'multi(2,', 'sortedmulti(1,', 'combo(', 'raw(', 'addr(', 'and_v(v:', 'older(9)',
      'musig(', ')', ',', '{', '}', '/<0;1>', '/*', '/0', "/1'", '[deadbeef/44h]', '#89f8spxm', XPUB_A, XPUB_B, PUBLIC_KEY,
      '$&', '__proto__', '(((((', ':', '<', '>', ';', '00', '',
    )
    const text = fc.oneof(fc.array(words, { maxLength: 12 }).map((all) => all.join('')), fc.string())
    fc.assert(fc.property(text, (one) => {
      try {
        parse(one)
      } catch (error) {
        assert.ok(error instanceof DescriptorError, String(error))
      }
    }), { numRuns: 1_000 })
  })

  it('ends soon on text made to be slow', () => {
    for (const part of ['(', 'pk(', '/0', '<0;', '[', ',', 'a', '{', 'and_v(v:pk(', `${PUBLIC_KEY},`, '1;']) {
      const many = part.repeat(Math.floor((MAX_DESCRIPTOR_CHARS - 200) / part.length))
      for (const text of [many, `wsh(${many})`, `tr(${PUBLIC_KEY},${many})`, `wpkh(${XPUB_A}${many})`]) {
        refused(() => parse(text))
      }
    }
  })
})

describe('extended keys by themselves', () => {
  let reader: DescriptorReader
  before(async () => {
    reader = await loadDescriptors()
  })

  // BIP-49, BIP-84 and BIP-86: account 0 of "abandon … about", and its first addresses.
  const ZPUB =
    'zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs'
  const XPUB_86 =
    'xpub6BgBgsespWvERF3LHQu6CnqdvfEvtMcQjYrcRzx53QJjSxarj2afYWcLteoGVky7D3UKDP9QyrLprQ3VCECoY49yfdDEHGCtMMj92pReUsQ'
  const UPUB =
    'upub5EFU65HtV5TeiSHmZZm7FUffBGy8UKeqp7vw43jYbvZPpoVsgU93oac7Wk3u6moKegAEWtGNF8DehrnHtv21XXEMYRUocHqguyjknFHYfgY'

  it("reads BIP-84's zpub as wpkh, receive and change", () => {
    const { descriptor, script, assumed } = reader.readExtendedKey(ZPUB, null, 'mainnet')
    assert.deepEqual([script, assumed], ['wpkh', false])
    const parsed = reader.parse(descriptor, 'mainnet')
    assert.deepEqual([parsed.branches, parsed.ranged], [2, true])
    assert.deepEqual(addressesOf(parsed), [
      'bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu',
      'bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el',
    ])
  })

  it("reads BIP-49's upub as sh(wpkh())", () => {
    const { descriptor, script } = reader.readExtendedKey(UPUB, null, 'signet')
    assert.equal(script, 'sh-wpkh')
    assert.match(descriptor, /^sh\(wpkh\(tpub/)
    const [script_0] = reader.parse(descriptor, 'signet').scriptsAt(0, 0)
    assert.deepEqual(script_0, fromHex('a914336caa13e08b96080a32b5d818d59b4ab3b3674287'))
  })

  it("reads an xpub as pkh and says that it assumed so, or as what was chosen: BIP-86's as tr", () => {
    assert.deepEqual(pick(reader.readExtendedKey(XPUB_86, null, 'mainnet')), ['pkh', true])
    const chosen = reader.readExtendedKey(`[73c5da0a/86'/0'/0']${XPUB_86}`, 'tr', 'mainnet')
    assert.deepEqual(pick(chosen), ['tr', false])
    assert.deepEqual(addressesOf(reader.parse(chosen.descriptor, 'mainnet')), [
      'bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr',
      'bc1p3qkhfews2uk44qtvauqyr2ttdsw7svhkl9nkm9s9c3x4ax5h60wqwruhk7',
    ])
  })

  it('refuses one key of a multisig, a choice that contradicts the prefix, and what is no key', () => {
    refused(() => reader.readExtendedKey(`Z${ZPUB.slice(1)}`, null, 'mainnet'), 'xpub-ambiguous')
    refused(() => reader.readExtendedKey(ZPUB, 'tr', 'mainnet'), 'xpub-ambiguous')
    for (const text of ['', 'xpub', `${ZPUB}/0`, ZPUB.slice(0, -1), `${ZPUB.slice(0, -1)}t`, `x${ZPUB.slice(1)}`]) {
      quotesNothing(refused(() => reader.readExtendedKey(text, null, 'mainnet'), 'xpub-malformed'), text)
    }
    refused(() => reader.readExtendedKey('qpub6', null, 'mainnet'), 'xpub-malformed')
  })

  function addressesOf(descriptor: Descriptor): (string | undefined)[] {
    return [0, 1].map((branch) => {
      const [script] = descriptor.scriptsAt(branch, 0)
      return script && addressOfScript(script, descriptor.network)
    })
  }

  function pick({ script, assumed }: { script: string; assumed: boolean }) {
    return [script, assumed]
  }
})

function refused(act: () => unknown, code?: DescriptorErrorCode): DescriptorError {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof DescriptorError, String(error))
    if (code !== undefined) assert.equal(error.code, code, error.message)
    assert.ok(error.message !== '' && error.remedy !== '')
    return error
  }
  return assert.fail('not refused')
}

/** No twelve characters of what was given, and no cause that could hold them. */
function quotesNothing({ message, remedy, cause, stack }: DescriptorError, text: string): void {
  assert.equal(cause, undefined)
  for (let at = 0; at + 12 <= text.length; at++) {
    assert.ok(!`${message} ${remedy} ${stack}`.includes(text.slice(at, at + 12)), message)
  }
}

function shortened(text: string): string {
  return text.replaceAll(/[0-9A-Za-z]{24,}/g, (word) => `${word.slice(0, 8)}…`).slice(0, 100)
}
