import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import {
  MEMBER_KINDS,
  decodeBody,
  decodeFrame,
  decodeHeader,
  encodeBody,
  isMemberKind,
  verifyFrame,
} from '../../src/index.ts'
import { fromHex, toHex } from '../../src/primitives/index.ts'
import { portsOf, settingOf } from '../core/setting.ts'
import { goldenMessages } from './golden/samples.ts'

const golden = JSON.parse(readFileSync(new URL('golden/messages.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>

describe('a golden message', () => {
  for (const [name, hex] of Object.entries(goldenMessages())) {
    it(`${name} is written today as it was when it was committed`, () => assert.equal(hex, golden[name]))
  }

  it('is there for every kind, and its signature still holds', () => {
    const { federation } = settingOf(3)
    const kinds = new Set<string>()
    for (const [name, hex] of Object.entries(golden)) {
      const [kind = ''] = name.split(' ')
      if (!isMemberKind(kind)) continue
      const frame = decodeFrame(fromHex(hex))
      const head = decodeHeader(frame.signed)
      assert.equal(head.kind, kind)
      assert.equal(toHex(encodeBody(kind, decodeBody(kind, head.body))), toHex(head.body))
      assert.ok(
        verifyFrame(portsOf('anybody'), federation.lock_hash, federation.memberOf(head.from).node_key, frame),
        name,
      )
      kinds.add(kind)
    }
    assert.deepEqual([...kinds].toSorted(), Object.keys(MEMBER_KINDS).toSorted())
  })
})
