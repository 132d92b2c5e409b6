/** A federation of five with one vault that is stolen, and shares of it that go from member to member. */
import { type BodyOf, type EnvelopeId, type ImmediateEffect, type MemberIndex, broadcasterOrder, taggedHash } from '../../src/index.ts'
import { type Hash32, toHex } from '../../src/primitives/index.ts'
import { Seat, immediate } from '../core/seat.ts'
import { type TestVault, hasher, hexOf, settingOf, vaultOf } from '../core/setting.ts'

export const setting = settingOf(5)
export const vault = vaultOf(setting)
const members = setting.federation.members.map(({ index }) => index)
export const order = broadcasterOrder(hasher, setting.federation.lock_hash, vault.theft, members)
export const sealed = new Uint8Array(81).fill(3)
const sealedHash = toHex(taggedHash(hasher, 'sealed', sealed)) as Hash32
export const theftIds = vault.manifest.unvaults.flatMap(({ clawback }) => clawback.map(({ envelope_id }) => envelope_id))
export const [lowest = hexOf('none') as EnvelopeId] = theftIds

/** A member that is neither of the first two in the order, so that it seals to both. */
export const self = order[4] ?? 1
export const guarding = (of: TestVault = vault, seat = self) => Seat.guarding(of, setting, seat)

type Seal = Extract<ImmediateEffect, { effect: 'seal-share' }>
export const seals = (seat: Seat, since = 0): Seal[] => immediate(seat.outputs.slice(since), 'seal-share')

export function body(change: Partial<BodyOf<'release'>> = {}, to = self): BodyOf<'release'> {
  return {
    incident_id: vault.theft,
    manifest_hash: vault.hash,
    envelope_id: lowest,
    to: to as MemberIndex,
    sealed_hash: sealedHash,
    ...change,
  }
}

export function releaseTo(seat: Seat, from: number, change: Partial<BodyOf<'release'>> = {}): string {
  return seat.say(from, 'release', body(change, seat.state.config.self), { attachment: sealed, channel: 'stream' })
}

export const other = (seat: Seat): number => seat.others()[0] ?? 2
