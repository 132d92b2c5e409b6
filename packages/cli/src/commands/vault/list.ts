import { type SurveyResult, type VaultInfo, surveyVaults } from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand } from '../../command.ts'
import { type OwnerOptions, ownerOptions, readFederation, withLink } from '../../files/owner.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import type { Report } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { describeVault, requireAnswer, silenceJson, silentLines, vaultJson } from './survey.ts'

interface ListOptions extends OwnerOptions, PassphraseOptions {}

export function registerList(parent: Command, registrar: Registrar): void {
  addCommand<ListOptions>(parent, registrar, {
    usage: 'list',
    summary: 'Ask every member which vaults of this owner it guards',
    example: 'belfry vault list --lock federation.lock.json --data owner --passphrase-file pass',
    options: [...ownerOptions(), ...passphraseOptions()],
    run: (options) => runList(options, registrar.shell),
  })
}

async function runList(options: ListOptions, { signal }: Shell): Promise<Report> {
  const federation = await readFederation(options.lock)
  using passphrase = await readPassphrase(options)
  const results = await withLink(federation, options.data, passphrase, (link) => surveyVaults(link, signal))
  requireAnswer(results)
  const ids = vaultIds(results)
  return {
    result: { vaults: ids.map((id) => vaultJson(federation, results, id)), silent: silenceJson(federation, results) },
    human: (style) => [
      ...(ids.length === 0 ? ['No member guards a vault of this owner.'] : []),
      ...ids.flatMap((id) => describeVault(federation, results, id, style)),
      ...silentLines(federation, results),
    ],
  }
}

function vaultIds(results: readonly SurveyResult[]): VaultInfo['vault_id'][] {
  const ids = results.flatMap((one) =>
    one.result === 'answer' ? one.answer.vaults.map(({ vault_id }) => vault_id) : [],
  )
  return [...new Set(ids)].toSorted()
}
