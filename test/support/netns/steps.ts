/** What the scenarios have in common: a theft and its answer among some of the members, step by step. */
import type { Member } from '../../../packages/cli/src/demo/cluster/index.ts'
import { Thief } from '../../../packages/cli/src/demo/scene/thief.ts'
import type { EnrolledVault } from '../../../packages/cli/src/demo/vault/enrolled-vault.ts'
import type { IncidentView, PeerView } from '../../../packages/node/src/index.ts'
import type { BlockHash, Txid } from '../../../packages/protocol/src/primitives/index.ts'
import { clawbackAt, eventually, incidentAt, placeAt, told } from '../watch.ts'

/** Longer than a dial that began while the other end was away, and the wait before the next. */
export const HEAL_LIMIT_MS = 60_000

export function progress(sentence: string): void {
  process.stdout.write(`      ${sentence}\n`)
}

/** The unvault at every bitcoind of these members, in the mempool. */
export async function steal(vault: EnrolledVault, among: readonly Member[]): Promise<Txid> {
  const { txid, raw } = vault.unvault
  const [first] = among
  if (first === undefined) throw new RangeError('somebody must see it')
  await new Thief(vault).unvault(first.bitcoind)
  await everywhere(txid, raw, among)
  return txid
}

/** Relay over links that lose packets may take long; what it comes to is that the mempools hold it. */
async function everywhere(txid: Txid, raw: Uint8Array, among: readonly Member[]): Promise<void> {
  await Promise.all(among.map(({ name, bitcoind }) => eventually(`the transaction at ${name}'s bitcoind`, async () => {
    if ((await placeAt(bitcoind, txid)) !== 'absent') return true
    await bitcoind.bitcoind.sendRawTransaction(raw).catch(() => undefined)
    return false
  })))
}

/** Mines at the first of these members, and waits until the nodes of all of them are there. */
export async function mineAmong(among: readonly Member[], mine: (nodeIndex: number, blocks: number) => Promise<BlockHash[]>, blocks = 1): Promise<void> {
  const hash = (await mine((among[0]?.index ?? 1) - 1, blocks)).at(-1)
  await Promise.all(among.map(({ name, api }) => eventually(`the tip at ${name}`, async () => (await api.status())?.chain.tip?.hash === hash)))
}

/**
 * From a certificate to a clawback that these members' bitcoinds hold confirmed, whatever of it has happened already. The
 * unvault is in their mempools or chain. @returns the clawback's txid
 */
export async function answer(vault: EnrolledVault, among: readonly Member[], mine: (nodeIndex: number, blocks: number) => Promise<BlockHash[]>): Promise<Txid> {
  await told(among, vault, 'certified')
  const [first] = among
  if (first === undefined) throw new RangeError('somebody must answer')
  if ((await placeAt(first.bitcoind, vault.unvault.txid)) === 'mempool') await mineAmong(among, mine)
  const { txid, place } = await clawbackIn(['mempool', 'confirmed'], vault, among)
  if (place === 'mempool') await mineAmong(among, mine)
  await clawbackIn(['confirmed'], vault, among)
  await told(among, vault, 'recovery-confirmed')
  return txid
}

type Found = Exclude<Awaited<ReturnType<typeof clawbackAt>>, null>

/** Until all of them hold the same, in one of these places. */
async function clawbackIn(places: readonly Found['place'][], vault: EnrolledVault, among: readonly Member[]): Promise<Found> {
  return await eventually(`the clawback ${places.join(' or ')} at every bitcoind`, async () => {
    const found = await Promise.all(among.map(({ bitcoind }) => clawbackAt(bitcoind, vault)))
    const [first] = found
    const isSame = (one: Found | null): boolean => one?.txid === first?.txid && one?.place === first?.place
    return first && places.includes(first.place) && found.every(isSame) ? first : null
  })
}

export async function viewAt(member: Member, vault: EnrolledVault): Promise<IncidentView> {
  const view = await incidentAt(member, vault)
  if (view === null) throw new Error(`${member.name} knows of no incident`)
  return view
}

export async function peerAt({ api }: Member, index: number): Promise<PeerView | null> {
  return (await api.peers())?.find(({ member }) => member.index === index) ?? null
}

/** Until each of `these` says of each of `those` what is asked. */
export async function seen(what: string, these: readonly Member[], those: readonly Member[], ask: (peer: PeerView) => boolean): Promise<void> {
  await Promise.all(these.flatMap((member) => those.filter((other) => other !== member).map((other) =>
    eventually(`${member.name} sees ${other.name} ${what}`, async () => {
      const peer = await peerAt(member, other.index)
      return peer !== null && ask(peer)
    }, HEAL_LIMIT_MS))))
}

/** Until all are connected with all and hear each other. */
export async function together(members: readonly Member[]): Promise<void> {
  await seen('connected and alive', members, members, ({ connected, life }) => connected && life === 'alive')
}

/** Until it runs and serves; it may see others otherwise than they are. */
export async function back(member: Member): Promise<void> {
  await eventually(`${member.name} serves`, async () => {
    if (!member.isRunning) throw new Error(`${member.name} ended: ${await member.lastWords()}`)
    return (await member.api.status()) !== null
  })
}
