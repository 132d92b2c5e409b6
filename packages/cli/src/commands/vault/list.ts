import { type Federation, type SurveyResult, type VaultInfo, surveyVaults } from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option, required } from '../../command.ts'
import { readFederations } from '../../files/epochs.ts'
import { LOCK } from '../../files/names.ts'
import { withLink } from '../../files/owner.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { type Report, type Style, short } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { describeVault, requireAnswer, silenceJson, silentLines, vaultJson } from './survey.ts'

interface ListOptions extends PassphraseOptions {
  readonly lock: readonly string[]
  readonly data: string
}

export function registerList(parent: Command, registrar: Registrar): void {
  addCommand<ListOptions>(parent, registrar, {
    usage: 'list',
    summary: 'Ask every member which vaults of this owner it guards, and under which lock',
    example: 'belfry vault list --lock federation.lock.json --data owner --passphrase-file pass',
    options: [
      option('--lock <files...>', "the federation's lock, or the locks of several epochs").default([LOCK], LOCK),
      required('--data <dir>', "the owner's data directory, as belfry init made it"),
      ...passphraseOptions(),
    ],
    run: (options) => runList(options, registrar.shell),
  })
}

/** What the members of one epoch say. */
interface Told {
  readonly federation: Federation
  readonly results: readonly SurveyResult[]
  readonly ids: readonly VaultInfo['vault_id'][]
}

async function runList({ lock, data, ...options }: ListOptions, { signal }: Shell): Promise<Report> {
  const epochs = await readFederations(lock)
  using passphrase = await readPassphrase(options)
  const told: Told[] = []
  for (const federation of epochs) {
    const results = await withLink(federation, data, passphrase, (link) => surveyVaults(link, signal))
    told.push({ federation, results, ids: vaultIds(results) })
  }
  requireAnswer(told.flatMap(({ results }) => results))
  return {
    result: {
      vaults: told.flatMap(({ federation, results, ids }) => ids.map((id) => vaultJson(federation, results, id))),
      silent: told.flatMap(({ federation, results }) => silenceJson(federation, results)),
    },
    human: (style) => told.flatMap((one) => linesOf(one, style)),
  }
}

function linesOf({ federation, results, ids }: Told, style: Style): string[] {
  return [
    `Under the lock ${short(federation.lock_hash)} of epoch ${federation.epoch}:`,
    ...(ids.length === 0 ? ['No member guards a vault of this owner.'] : []),
    ...ids.flatMap((id) => describeVault(federation, results, id, style)),
    ...silentLines(federation, results),
  ]
}

function vaultIds(results: readonly SurveyResult[]): VaultInfo['vault_id'][] {
  const ids = results.flatMap((one) =>
    one.result === 'answer' ? one.answer.vaults.map(({ vault_id }) => vault_id) : [],
  )
  return [...new Set(ids)].toSorted()
}
