import { type ManifestHash, type SurveyResult, isHex32, surveyVaults } from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option } from '../../command.ts'
import { CliError, usageError } from '../../errors.ts'
import { type Ground, type OrderKind, type Outcome, type Sent, giveOrder } from '../../orders/give.ts'
import { type OrderOptions, orderOptions } from '../../orders/options.ts'
import { HELD_SENTENCE, isInForce, memberJson, memberName } from '../../orders/results.ts'
import { sentenceList } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'

interface CancelOptions extends OrderOptions {
  readonly manifest?: string
}

const USUAL_WAIT_S = 30

export function registerCancel(parent: Command, registrar: Registrar): void {
  addCommand<CancelOptions>(parent, registrar, {
    usage: 'cancel',
    summary: 'Keep a waiting generation of a vault from becoming active',
    about:
      'Any one owner key may. The generation stays armed for good, so that nothing is disarmed by it; the active one goes on. ' +
      'Whoever finds a generation waiting that is not his own cancels it, then asks how it came to be signed.',
    example: 'belfry vault cancel --lock federation.lock.json --data owner --vault enrolment.json --passphrase-file pass',
    options: [...orderOptions(USUAL_WAIT_S), option('--manifest <hash>', 'the generation, where several are waiting')],
    run: (options) => giveOrder(options, cancelOf(options), registrar.shell),
  })
}

function cancelOf({ manifest }: CancelOptions): OrderKind {
  return {
    order: 'cancel-generation',
    make: async (ground) => ({ order: 'cancel-generation', manifest_hash: await waitingOf(ground, manifest) }),
    meaning: ({ what }) => (what.order === 'cancel-generation' ? [`The manifest ${what.manifest_hash} will never become active.`] : []),
    asks: false,
    follow,
  }
}

/** @throws CliError usage, nothing-to-cancel */
async function waitingOf({ vault, link }: Ground, given: string | undefined): Promise<ManifestHash> {
  if (given !== undefined) {
    if (isHex32(given)) return given as ManifestHash
    throw usageError('--manifest is the hash of a manifest.', 'Take it from belfry vault list --json.')
  }
  const all = manifestsOf(await surveyVaults(await link()), vault.vault_id)
  // Members tell of a vault only to those whose keys it names as they hold it; whoever has its enrolment may try all the same.
  const { manifest, manifest_hash } = vault
  if (all.length === 0 && manifest_hash !== null && (manifest?.generation ?? 0) > 1) return manifest_hash
  const waiting = all.filter(({ state }) => state === 'armed' || state === 'waiting')
  const hashes = [...new Set(waiting.filter(({ generation }) => generation > 1).map(({ manifest_hash }) => manifest_hash))]
  const [only, second] = hashes
  if (only === undefined && all.length === 0) {
    throw new CliError(
      'nothing-to-cancel',
      'No member tells this owner of this vault.',
      'Give the enrolment file of the generation that is waiting with --vault, or its hash with --manifest: its first owner has both.',
    )
  }
  if (only === undefined)
    throw new CliError('nothing-to-cancel', 'No member says that a generation of this vault is waiting.', 'See: belfry vault list')
  if (second !== undefined)
    throw usageError(`Several generations are waiting: ${sentenceList(hashes)}.`, 'Name one with --manifest.')
  return only
}

function manifestsOf(results: readonly SurveyResult[], vault_id: string) {
  return results.flatMap((one) =>
    one.result !== 'answer'
      ? []
      : one.answer.vaults
          .filter((vault) => vault.vault_id === vault_id)
          .flatMap(({ manifests }) => manifests.map((manifest) => ({ member: one.member, ...manifest }))),
  )
}

async function follow({ federation, link, command, results }: Sent, { signal }: Shell): Promise<Outcome> {
  const hash = command.what.order === 'cancel-generation' ? command.what.manifest_hash : null
  const states = manifestsOf(await surveyVaults(link, signal), command.vault_id).filter((one) => one.manifest_hash === hash)
  const cancelled = isInForce(federation, results)
  return {
    json: {
      manifest_hash: hash,
      cancelled,
      states: states.map(({ member, state }) => ({ member: memberJson(federation, member), state })),
    },
    human: (style) => [
      cancelled ? style('green', 'The generation is cancelled.') : style('yellow', HELD_SENTENCE),
      ...states.map(({ member, state }) => `  ${memberName(federation, member)}: ${state}`),
    ],
  }
}
