import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Millis } from '@belfry/protocol/primitives'
import { Store } from '../../src/store/index.ts'
import { WatchBook } from '../../src/wallets/book.ts'
import { WatchDesk } from '../../src/wallets/desk.ts'
import type { WatchRequest } from '../../src/wallets/request.ts'
import { ADDRESS, NOW, OTHER_TPUB, OUTPOINT, TPUB } from './support.ts'

const WIF = 'cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW'
const TPRV =
  'tprv8ZgxMBicQKsPd7Uf69XL1XwhmjHopUGep8GuEiJDZmbQz6o58LninorQAfcKZWARbtRtfnLcJ5MQ2AtHcQJCCRUcMRvmDUjyEmNUWwx8UbK'

describe('the desk where watches are added and removed', () => {
  let data_dir: string
  beforeEach(async () => {
    data_dir = await mkdtemp(join(tmpdir(), 'belfry-watch-'))
  })
  afterEach(() => rm(data_dir, { recursive: true }))

  const open = (): Promise<WatchDesk> => WatchDesk.open({ data_dir, network: 'regtest' })
  const asked = (kind: WatchRequest['subject']['kind'], text: string, more: Partial<WatchRequest> = {}): WatchRequest => ({
    subject: kind === 'xpub' ? { kind, text, script: null } : { kind, text },
    label: '',
    birth_height: null,
    gap_limit: null,
    ...more,
  })

  it('keeps what was added, for the node to find', async () => {
    {
      await using desk = await open()
      await desk.add(asked('descriptor', `tr(${TPUB}/<0;1>/*)`, { label: 'cold', birth_height: 7, gap_limit: 30 }), NOW)
      await desk.add(asked('address', ADDRESS), NOW)
      await desk.add(asked('script', '6A01FF'), NOW)
      await desk.add(asked('outpoint', OUTPOINT), NOW)
      const { assumed, watch } = await desk.add(asked('xpub', OTHER_TPUB), NOW)
      assert.equal(assumed, 'pkh')
      assert.match(watch.source.kind === 'descriptor' ? watch.source.descriptor : '', /^pkh\(tpub.*\/<0;1>\/\*\)#/)
    }
    const { store } = await Store.open(join(data_dir, 'store'))
    const book = await WatchBook.load(store, 'regtest')
    await store.close()
    assert.equal(book.size, 60 + 1 + 1 + 40)
    assert.equal([...book.outpoints()].length, 1)
    const cold = [...book.entries()].find(({ watch }) => watch.label === 'cold')
    assert.deepEqual([cold?.watch.birth_height, cold?.watch.gap_limit, cold?.watch.added_at_ms], [7, 30, NOW])
  })

  it('removes by the id or by its beginning, if that is one alone', async () => {
    await using desk = await open()
    const added = []
    for (let branch = 0; branch < 17; branch++) {
      added.push((await desk.add(asked('descriptor', `pkh(${TPUB}/${branch}/*)`), NOW)).watch.id)
    }
    const [first = ''] = added
    assert.equal((await desk.remove(first)).id, first)
    assert.equal((await desk.list()).length, 16)
    await assert.rejects(desk.remove(first), { code: 'no-such-watch' })
    await assert.rejects(desk.remove(''), { code: 'no-such-watch' })
    // Seventeen ids have sixteen first digits at most.
    const digits = added.slice(1).map((id) => id.slice(0, 1))
    const twice = digits.find((digit, at) => digits.indexOf(digit) !== at)
    if (twice !== undefined) await assert.rejects(desk.remove(twice), { code: 'watch-ambiguous' })
    assert.equal((await desk.list()).length, 16)
  })

  it('watches nothing twice, however it is given', async () => {
    await using desk = await open()
    await desk.add(asked('xpub', TPUB), NOW)
    const again = asked('descriptor', `pkh(${TPUB}/<0;1>/*)`, { label: 'again' })
    await assert.rejects(desk.add(again, (NOW + 1) as Millis), { code: 'watch-exists' })
  })

  for (const [kind, text] of [
    ['descriptor', `wpkh(${TPRV}/*)`],
    ['descriptor', `wpkh(${WIF})`],
    ['xpub', TPRV],
    ['address', WIF],
    ['script', WIF],
    ['outpoint', TPRV],
  ] as const) {
    it(`refuses a private key given as ${kind} (${text.slice(0, 9)}…), and no file has any of it`, async () => {
      {
        await using desk = await open()
        const error = await desk.add(asked(kind, text, { label: 'x' }), NOW).then(() => assert.fail('taken'), String)
        assert.ok(!error.includes(TPRV.slice(0, 20)) && !error.includes(WIF.slice(0, 20)))
        await assert.rejects(desk.add(asked(kind, text), NOW), { code: 'private-key-given' })
        await assert.rejects(desk.add(asked('address', ADDRESS, { label: WIF }), NOW), { code: 'private-key-given' })
      }
      for (const entry of await readdir(data_dir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue
        const content = await readFile(join(entry.parentPath, entry.name), 'latin1')
        assert.ok(!content.includes(WIF.slice(0, 20)) && !content.includes(TPRV.slice(0, 20)), entry.name)
      }
    })
  }

  it('refuses what cannot be watched, and changes nothing', async () => {
    await using desk = await open()
    const wrong: readonly (readonly [string, WatchRequest])[] = [
      ['watch-malformed', asked('address', ADDRESS, { gap_limit: 20 })],
      ['watch-malformed', asked('descriptor', `pkh(${TPUB}/*)`, { gap_limit: 0 })],
      ['watch-malformed', asked('descriptor', `pkh(${TPUB}/*)`, { gap_limit: 1_001 })],
      ['watch-malformed', asked('address', ADDRESS, { label: 'x'.repeat(65) })],
      ['watch-malformed', asked('address', ADDRESS, { label: 'a\nb' })],
      ['watch-malformed', asked('outpoint', `${'AB'.repeat(32)}:0`)],
      ['script-malformed', asked('script', 'xyz')],
      ['watch-malformed', asked('address', 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq')],
      ['descriptor-checksum', asked('descriptor', `pkh(${TPUB}/*)#00000000`)],
      ['too-many-scripts', asked('descriptor', `combo(${TPUB}/<0;1;2;3;4;5;6>/*)`, { gap_limit: 1_000 })],
    ]
    for (const [code, request] of wrong) await assert.rejects(desk.add(request, NOW), { code }, code)
    assert.deepEqual(await desk.list(), [])
  })

  it('leaves room for what is there to grow', async () => {
    await using desk = await open()
    let refused: unknown = null
    for (let branch = 0; branch < 60 && refused === null; branch++) {
      const request = asked('descriptor', `pkh(${TPUB}/${branch}/*)`, { gap_limit: 1_000 })
      refused = await desk.add(request, NOW).then(() => null, (error: unknown) => error)
    }
    assert.ok(refused instanceof Error && 'code' in refused)
    assert.equal(refused.code, 'too-many-scripts')
    assert.equal((await desk.list()).length, 50)
  })

  it('says what to do while the node runs, and where the data directory is missing', async () => {
    const { store } = await Store.open(join(data_dir, 'store'))
    await assert.rejects(open(), (error: Error & { code?: string; remedy?: string }) => {
      assert.equal(error.code, 'store-locked')
      assert.match(error.remedy ?? '', /^Stop the node, repeat this command, and start the node again/)
      return true
    })
    await store.close()
    const missing = join(data_dir, 'missing')
    await assert.rejects(WatchDesk.open({ data_dir: missing, network: 'regtest' }), { code: 'no-data-directory' })
  })
})
