/** The same descriptors, read by bitcoind. */
import assert from 'node:assert/strict'
import { useRegtest } from '../../../bitcoind/test/support/regtest-suite.ts'
import { type DescriptorReader, addressOfScript, loadDescriptors } from '../../src/index.ts'
import { INVALID, PUBLIC_KEY, SCRIPTS } from './vectors.ts'

const A =
  'tpubDCdxmvzJ5QBjTN8oCjjyT2V58AyZvA1fkmCeZRC75QMoaHcVP2m45Bv3hmnR7ttAwkb2UNYyoXdHVt4gwBqRrJqLUU2JrM43HippxiWpHra'
const B =
  'tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJCTKvosUCJZL5B'
const HASH = '6c60f404f8167a38fc70eaf8aa17ac351023bef86bcb9d1086a19afe95bd5333'

/** Of every kind that a wallet exports. */
const RANGED = [
  `pkh([d34db33f/44'/0'/0']${A}/1/*)`,
  `sh(wpkh(${A}/<0;1>/*))`,
  `wpkh([d34db33f/84h/1h/0h]${A}/<0;1>/*)`,
  `tr(${A}/<7;3>/2/*)`,
  `wsh(multi(2,${A}/*,${B}/0/*))`,
  `wsh(sortedmulti(1,${A}/<0;1>/*,${B}/<5;6>/*,${PUBLIC_KEY}))`,
  `sh(multi(2,${A}/*,${B}/*))`,
  `sh(wsh(sortedmulti(2,${A}/*,${B}/*)))`,
  `wsh(multi(2,${PUBLIC_KEY},${PUBLIC_KEY},${A}/*))`,
  `wsh(multi(17,${Array.from({ length: 20 }, (_, step) => `${A}/${step}/*`).join(',')}))`,
  `wsh(sortedmulti(20,${Array.from({ length: 20 }, (_, step) => `${B}/${step}/*`).join(',')}))`,
  `wsh(andor(pk(${A}/<0;1>/*),older(144),multi(2,${B}/<0;1>/*,${PUBLIC_KEY})))`,
  `wsh(and_v(v:pk(${A}/*),sha256(${HASH})))`,
  `wsh(thresh(2,pk(${A}/*),s:pk(${B}/*),sln:older(12960)))`,
  `sh(wsh(or_d(pk(${A}/*),and_v(v:pkh(${B}/*),after(800000)))))`,
  `tr(${A}/0/*,pk(${B}/*))`,
  `tr(${A}/<0;1>/*,{pk(${B}/<0;1>/*),multi_a(2,${A}/5/*,${B}/6/*)})`,
  `tr(${PUBLIC_KEY.slice(2)},{sortedmulti_a(2,${A}/*,${B}/*),{and_v(v:pk(${A}/1/*),older(10)),pk(${B}/2/*)}})`,
  `rawtr(${A}/*)`,
] as const

const LAST_INDEX = 5

describe('descriptors beside bitcoind', () => {
  const regtest = useRegtest(1)
  let reader: DescriptorReader
  before(async () => {
    reader = await loadDescriptors()
  })

  const call = (method: string, ...params: unknown[]): Promise<unknown> =>
    regtest().node(0).bitcoind.rpc.call(method, params)

  for (const [at, text] of RANGED.entries()) {
    it(`have its addresses and checksum (${at + 1}: ${text.replaceAll(/[0-9A-Za-z]{24,}/g, 'K').slice(0, 60)})`, async () => {
      const descriptor = reader.parse(text, 'regtest')
      // Of a multipath one it prints the first alone.
      if (!text.includes('<')) {
        const info = (await call('getdescriptorinfo', text)) as { checksum: string; isrange: boolean }
        assert.equal(descriptor.text.split('#')[1], info.checksum)
        assert.equal(descriptor.ranged, info.isrange)
      }
      const answer = (await call('deriveaddresses', descriptor.text, [0, LAST_INDEX])) as string[] | string[][]
      const theirs = typeof answer[0] === 'string' ? [answer] : answer
      assert.equal(theirs.length, descriptor.branches)
      for (const [branch, addresses] of theirs.entries()) {
        const ours = Array.from({ length: LAST_INDEX + 1 }, (_, index) => {
          const [script, ...more] = descriptor.scriptsAt(branch, index)
          assert.deepEqual(more, [])
          return script && addressOfScript(script, 'regtest')
        })
        assert.deepEqual(ours, addresses)
      }
    })
  }

  it('refuse what it refuses', async () => {
    for (const [why, text] of INVALID) {
      // Written for mainnet: what is wrong with it must not be its network.
      const here = text.replaceAll(/xpub[0-9A-Za-z]+/g, (key) => (key.length === A.length ? A : A.slice(0, -1)))
      if (why.startsWith('a checksum') || why.includes('#')) continue
      await assert.rejects(derive(here), `${why}: ${here}`)
    }
  })

  /** It reads hardened steps below a public key, and only then finds that nothing can be derived. */
  async function derive(text: string): Promise<void> {
    const { descriptor, isrange } = (await call('getdescriptorinfo', text)) as { descriptor: string; isrange: boolean }
    if (/\/[0-9*]+[h']/.test(text)) await call('deriveaddresses', descriptor, ...(isrange ? [[0, 1]] : []))
  }

  it('take what it takes', async () => {
    for (const [text] of SCRIPTS) {
      const here = text.replaceAll(/xpub[0-9A-Za-z]+/g, A)
      if (!text.startsWith('addr')) await call('getdescriptorinfo', here)
    }
  })
})
