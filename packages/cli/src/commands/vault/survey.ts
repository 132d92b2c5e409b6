/** What the members say of one vault, side by side. */
import type { Federation, SurveyResult, VaultInfo } from '@belfry/client'
import { CliError } from '../../errors.ts'
import { type JsonObject, type Style, count, sentenceList, table } from '../../output/index.ts'
import { marketJson, marketLines } from './market.ts'

type Answered = Extract<SurveyResult, { result: 'answer' }>

/** @throws CliError unreachable, api-refused where no member answered */
export function requireAnswer(results: readonly SurveyResult[]): void {
  const silent = results.filter((one) => one.result !== 'answer')
  if (silent.length < results.length) return
  const refused = silent.find(({ result }) => result === 'refused')
  // The network's own messages begin with the member.
  const reasons = silent.map(({ member, message }) => (message.startsWith('member ') ? message : `member ${member}: ${message}`)).join('; ')
  throw refused === undefined
    ? new CliError('unreachable', `No member could be reached (${reasons}).`, 'Check your own network and the addresses in the lock. With the recovery set you recover without any member: belfry vault recover')
    : new CliError('api-refused', `No member answered this owner (${reasons}).`, refused.remedy)
}

function answered(results: readonly SurveyResult[]): Answered[] {
  return results.filter((one) => one.result === 'answer')
}

function vaultAt({ answer }: Answered, id: string): VaultInfo | undefined {
  return answer.vaults.find(({ vault_id }) => vault_id === id)
}

export function vaultJson(federation: Federation, results: readonly SurveyResult[], id: string): JsonObject {
  const members = answered(results).map((one) => {
    const vault = vaultAt(one, id)
    return {
      index: one.member,
      name: federation.memberOf(one.member).name,
      tip_height: one.answer.tip?.height ?? null,
      chain: one.answer.chain,
      deposit: vault?.deposit ?? null,
      exposed: vault?.exposed ?? null,
      revoked: vault?.revoked ?? null,
      destroyable: vault?.destroyable ?? null,
      manifests: (vault?.manifests ?? []).map(({ manifest_hash, generation, state, receipts }) => ({
        manifest_hash,
        generation,
        state,
        receipts,
      })),
      incidents: (vault?.incidents ?? []).map(({ incident_id, trigger, status }) => ({ incident_id, trigger, status })),
      market: marketJson(vault?.market ?? null),
    }
  })
  return { vault_id: id, epoch: federation.epoch, lock_hash: federation.lock_hash, members }
}

export function describeVault(
  federation: Federation,
  results: readonly SurveyResult[],
  id: string,
  style: Style,
): string[] {
  const rows = answered(results).flatMap((one) => rowsOf(federation, one, vaultAt(one, id)))
  return [
    `${style('bold', 'Vault')} ${id}`,
    ...table(rows),
    ...marketLines(
      answered(results).map((one) => ({
        name: federation.memberOf(one.member).name,
        market: vaultAt(one, id)?.market ?? null,
      })),
      style,
    ),
    ...conditionLines(federation, results, id, style),
    ...incidentLines(federation, results, id, style),
  ]
}

function rowsOf(federation: Federation, one: Answered, vault: VaultInfo | undefined): string[][] {
  const who = `  ${federation.memberOf(one.member).name} (${one.member})`
  if (!vault || vault.manifests.length === 0) return [[who, 'does not hold it']]
  return vault.manifests.map(({ generation, state, receipts }) => [
    who,
    `generation ${generation}`,
    state,
    `knows ${count(receipts.length, 'receipt')}`,
    `chain ${one.answer.chain}, tip ${one.answer.tip?.height ?? 'unknown'}`,
  ])
}

/** What holds of the vault as a whole, and as who sees it. */
function conditionLines(federation: Federation, results: readonly SurveyResult[], id: string, style: Style): string[] {
  const saying = (holds: (vault: VaultInfo) => boolean, what: string): string[] => {
    const names = answered(results).flatMap((one) => {
      const vault = vaultAt(one, id)
      return vault && vault.manifests.length > 0 && holds(vault) ? [federation.memberOf(one.member).name] : []
    })
    return names.length === 0 ? [] : [`  ${style('bold', what)}, as ${sentenceList(names)} ${names.length === 1 ? 'sees' : 'see'} it`]
  }
  return [
    ...saying(({ deposit }) => deposit === 'awaited', 'not funded yet: the coin has not been paid in'),
    ...saying(
      ({ deposit }) => deposit === 'differs',
      'NOT GUARDED: the coin at its outpoint has another value or script than was planned, so no transaction of the set is valid',
    ),
    ...saying(({ exposed }) => exposed, 'exposed: a recovery transaction may be known outside, so move the coin'),
    ...saying(({ revoked }) => revoked, 'revoked: intents and the dead-man switch have ended, the clawback goes on'),
    ...saying(({ destroyable }) => destroyable, 'its coin has left for good: its shares may be destroyed'),
  ]
}

function incidentLines(federation: Federation, results: readonly SurveyResult[], id: string, style: Style): string[] {
  const told = new Map<string, { readonly trigger: string; readonly names: Map<string, string[]> }>()
  for (const one of answered(results)) {
    for (const { incident_id, trigger, status } of vaultAt(one, id)?.incidents ?? []) {
      const { names } = keep(told, incident_id, { trigger, names: new Map<string, string[]>() })
      keep(names, status, []).push(federation.memberOf(one.member).name)
    }
  }
  return [...told].map(([incident_id, { trigger, names }]) => {
    const words = [...names].map(
      ([status, who]) => `${status} as ${sentenceList(who)} ${who.length === 1 ? 'sees' : 'see'} it`,
    )
    return `  ${style('red', trigger)}, incident ${incident_id}: ${words.join('; ')}`
  })
}

/** What is at the key, put there first where nothing is. */
function keep<V>(map: Map<string, V>, key: string, fresh: V): V {
  const there = map.get(key) ?? fresh
  map.set(key, there)
  return there
}

export function silenceJson(federation: Federation, results: readonly SurveyResult[]): JsonObject[] {
  return results.flatMap((one) =>
    one.result === 'answer'
      ? []
      : [
          {
            index: one.member,
            name: federation.memberOf(one.member).name,
            epoch: federation.epoch,
            code: one.code,
            message: one.message,
            remedy: one.remedy,
          },
        ],
  )
}

export function silentLines(federation: Federation, results: readonly SurveyResult[]): string[] {
  return results.flatMap((one) =>
    one.result === 'answer'
      ? []
      : [`${federation.memberOf(one.member).name} (${one.member}) did not answer: ${one.message}`],
  )
}
