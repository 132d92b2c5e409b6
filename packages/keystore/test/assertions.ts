import assert from 'node:assert/strict'
import { toHex } from '@belfry/protocol/primitives'
import { KeystoreError, type KeystoreErrorCode, type SecretBytes } from '@belfry/keystore'

export function reveal(secret: SecretBytes): string {
  return secret.use((view) => toHex(view))
}

function isRefusal(code: KeystoreErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof KeystoreError, `expected the typed error ${code}, got ${String(error)}`)
    assert.equal(error.code, code)
    assert.ok(error.message.length > 0 && error.remedy.length > 0, 'says what is wrong and what to do')
    return true
  }
}

export function throwsCode(code: KeystoreErrorCode, action: () => unknown): void {
  assert.throws(action, isRefusal(code))
}

export async function rejectsCode(code: KeystoreErrorCode, action: () => Promise<unknown>): Promise<void> {
  await assert.rejects(action, isRefusal(code))
}
