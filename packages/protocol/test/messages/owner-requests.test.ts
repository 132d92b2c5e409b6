import { toCbor } from '../../src/primitives/index.ts'
import { fromCbor } from '../../src/primitives/index.ts'
import { enrolRequest, infoRequest, ownerAnswer } from '../../src/index.ts'
import * as fc from 'fast-check'
import { anyEnrolRequest, anyOwnerAnswer } from './arbitraries.ts'
import { isFuzzed, readsBack } from './codec.ts'

const info = fc.constantFrom({ what: 'vaults' as const }, { what: 'drills' as const })

describe("owners' requests", () => {
  it('are read back as they were written', () => {
    readsBack(enrolRequest, anyEnrolRequest)
    readsBack(infoRequest, info)
  })

  it('answer other bytes with their own error', () => {
    isFuzzed(
      (bytes) => fromCbor(enrolRequest, bytes),
      (value) => toCbor(enrolRequest, value),
      anyEnrolRequest.map((value) => toCbor(enrolRequest, value)),
    )
    isFuzzed(
      (bytes) => fromCbor(infoRequest, bytes),
      (value) => toCbor(infoRequest, value),
      info.map((value) => toCbor(infoRequest, value)),
    )
  })
})

describe('answers to owners', () => {
  it('are read back as they were written', () => readsBack(ownerAnswer, anyOwnerAnswer))

  it('answer other bytes with their own error', () => {
    const bytes = anyOwnerAnswer.map((value) => toCbor(ownerAnswer, value))
    isFuzzed(
      (given) => fromCbor(ownerAnswer, given),
      (value) => toCbor(ownerAnswer, value),
      bytes,
    )
  })
})
