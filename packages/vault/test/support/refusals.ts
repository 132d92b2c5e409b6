import assert from 'node:assert/strict'
import { VaultError, type VaultErrorCode } from '../../src/index.ts'

/** That `act` throws a VaultError of this code, with a sentence and a remedy; returns it. */
export function refused(code: VaultErrorCode, act: () => unknown): VaultError {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof VaultError, `not a VaultError: ${String(error)}`)
    assert.equal(error.code, code, error.message)
    assert.ok(error.message.length > 0 && error.remedy.length > 0)
    return error
  }
  assert.fail(`not refused; expected ${code}`)
}

/** That `act` either returns or throws a VaultError. */
export function onlyVaultErrors(act: () => unknown): void {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof VaultError, `threw ${String(error)}`)
  }
}
