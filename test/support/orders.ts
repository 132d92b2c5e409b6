/** What an owner's client orders of a scene's vault, with true signatures. */
import { randomBytes } from 'node:crypto'
import { sha256 } from '../../packages/keystore/src/index.ts'
import { type Hash32, type OwnerAnswer, type Receipt, decodeBody, decodeFrame, decodeHeader, fromHex, toCbor } from '../../packages/protocol/src/index.ts'
import { ANCHOR_DEPTH, type Order, commandDigest, commandHash, commandRequest, encodeCommand, incidentIdOf, infoRequest } from '../../packages/protocol/src/index.ts'
import type { VaultId } from '../../packages/protocol/src/primitives/index.ts'
import { type Scene, blockAt } from './vaults.ts'

export function vaultIdOfScene(scene: Scene): VaultId {
  const [vault_id] = scene.members.state(1).durable.vaults.keys()
  if (!vault_id) throw new Error('enrol first')
  return vault_id
}

export interface Ordered {
  readonly hash: Hash32
  readonly answers: readonly OwnerAnswer[]
}

/** Given to these members one after the other. */
export async function order(scene: Scene, what: Order, to: readonly number[] = [1]): Promise<Ordered> {
  const { federation, owner } = scene.setting
  const bytes = encodeCommand({
    format: 'belfry-command',
    version: 1,
    lock_hash: federation.lock_hash,
    vault_id: vaultIdOfScene(scene),
    nonce: new Uint8Array(randomBytes(16)),
    anchor: blockAt(scene.height - 1 - ANCHOR_DEPTH),
    what,
  })
  const signature = owner.root.signSchnorr(commandDigest({ sha256 }, bytes))
  const request = toCbor(commandRequest, { signed: { bytes, signatures: [{ key: owner.root.publicKey, signature }] } })
  const answers: OwnerAnswer[] = []
  for (const member of to) answers.push(await scene.members.request(scene.index(member), 'command', request))
  return { hash: commandHash({ sha256 }, bytes), answers }
}

export function incidentOfOrder(scene: Scene, kind: 'panic' | 'drill', { hash }: Ordered): string {
  return incidentIdOf({ sha256 }, vaultIdOfScene(scene), kind, fromHex(hash))
}

/** A drill as one member tells it, its members' reports opened. */
export async function drillAt(scene: Scene, member: number, { hash }: Ordered) {
  const wanted: { what: 'drills' } = { what: 'drills' }
  const answer = await scene.members.request(scene.index(member), 'info', toCbor(infoRequest, wanted as never))
  const drill = answer.answer === 'drills' ? answer.drills.find(({ command_hash }) => command_hash === hash) : undefined
  if (!drill) throw new Error(`member ${member} knows no such drill`)
  const reports = drill.reports.map((frame) => {
    const { from, body } = decodeHeader(decodeFrame(frame).signed)
    const receipt: Receipt = decodeBody('receipt', body)
    return { from, result: receipt.statement === 'drill' ? receipt.result : receipt.statement }
  })
  return { status: drill.status, reports }
}
