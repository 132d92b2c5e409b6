/** Hands what a core asks for at once to whoever does it. */
import type { ImmediateEffect, Verdict } from '@belfry/protocol'
import { type Outpoint, assertNever } from '@belfry/protocol/primitives'
import type { Shell } from '../shell/index.ts'

export interface ImmediateModules {
  readonly shell: Shell
  readonly watch: (outpoints: readonly Outpoint[]) => void
  readonly onVerdict: (token: number, verdict: Verdict) => void
}

export function performImmediate(effect: ImmediateEffect, { shell, watch, onVerdict }: ImmediateModules): void {
  switch (effect.effect) {
    case 'verdict':
      if (effect.token !== null) onVerdict(effect.token, effect.verdict)
      return
    case 'tell':
      return
    case 'watch':
      watch(effect.outpoints)
      return
    case 'verify-enrolment':
      shell.verifyEnrolment(effect)
      return
    case 'seal-share':
      shell.sealShare(effect)
      return
    case 'open-share':
      shell.openShare(effect)
      return
    case 'rebuild':
      shell.rebuild(effect)
      return
    case 'look-at-deposit':
      shell.lookAtDeposit(effect)
      return
    case 'read-headers':
      shell.readHeaders(effect)
      return
    case 'submit-headers':
      shell.submitHeaders(effect)
      return
    case 'prove-block':
      shell.proveBlock(effect)
      return
    case 'check-shares':
      shell.checkOwnShares(effect)
      return
    case 'test-sighting':
      shell.testSighting(effect)
      return
    case 'forget':
      shell.forget(effect.envelopes)
      return
    default:
      assertNever(effect)
  }
}
