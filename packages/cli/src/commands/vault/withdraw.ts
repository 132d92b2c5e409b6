import { join } from 'node:path'
import {
  type Federation,
  type WithdrawResult,
  hashOfBundle,
  openOwnerKey,
  readBundle,
  requireSigned,
  withdraw,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option } from '../../command.ts'
import { CliError } from '../../errors.ts'
import { ENROLMENT, OWNER_KEY } from '../../files/names.ts'
import { type OwnerOptions, ownerOptions, readFederation, withLink } from '../../files/owner.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { warnOfWrong } from '../../files/wrong-signatures.ts'
import { type Report, list } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { addToWithdrawal } from './withdrawal.ts'

interface WithdrawOptions extends OwnerOptions, PassphraseOptions {
  readonly enrolment: string
  readonly withdrawal?: string
}

export function registerWithdraw(parent: Command, registrar: Registrar): void {
  addCommand<WithdrawOptions>(parent, registrar, {
    usage: 'withdraw',
    summary: 'Take back an enrolment that is not active yet, so that another of its generation may come',
    about:
      'Needs the enrolment keys of the active generation, or, where none is active, those of the enrolment itself. What is ' +
      'taken back is never activated, but stays armed: nothing disarms a vault whose coin is there.',
    example: 'belfry vault withdraw --lock federation.lock.json --data owner --enrolment enrolment-2.json --passphrase-file pass',
    options: [
      ...ownerOptions(),
      option('--enrolment <file>', 'what is taken back').default(ENROLMENT),
      option('--withdrawal <file>', 'the signatures, of this owner and others (default: beside the enrolment)'),
      ...passphraseOptions(),
    ],
    run: (options) => runWithdraw(options, registrar.shell),
  })
}

async function runWithdraw(options: WithdrawOptions, { output, signal }: Shell): Promise<Report> {
  const { enrolment, withdrawal = `${enrolment.replace(/\.json$/, '')}-withdrawal.json`, data } = options
  const federation = await readFederation(options.lock)
  const { bundle, manifest } = await readBundle(enrolment)
  using passphrase = await readPassphrase(options)
  using key = await openOwnerKey({ path: join(data, OWNER_KEY), passphrase })
  const signing = await addToWithdrawal(withdrawal, bundle, key)
  const how = `On the device of another owner run: belfry vault countersign --enrolment ${enrolment} --withdrawal ${withdrawal} --data DIR; then run the same command here again.`
  requireSigned(signing, how)
  warnOfWrong(output, withdrawal, signing.wrong)
  const manifest_hash = hashOfBundle(bundle)
  const results = await withLink(federation, data, passphrase, (link) =>
    withdraw(link, manifest_hash, signing.signatures, signal),
  )
  requireWithdrawn(federation, results)
  return {
    result: {
      vault_id: manifest.vault_id,
      generation: manifest.generation,
      manifest_hash,
      file: withdrawal,
      members: results.map((one) => ({
        index: one.member,
        name: federation.memberOf(one.member).name,
        ...(one.result === 'state' ? { state: one.state } : { code: one.code, message: one.message }),
      })),
    },
    human: (style) => [
      style('green', `Generation ${manifest.generation} of vault ${manifest.name} is taken back. It stays armed.`),
      ...list(results.map((one) => [federation.memberOf(one.member).name, wordOf(one)] as const)),
      `Another of this generation may now be given, under another --enrolment and --receipts: belfry vault ${manifest.generation === 1 ? 'enrol' : 'renew'}`,
    ],
  }
}

function wordOf(one: WithdrawResult): string {
  return one.result === 'state' ? one.state : one.message
}

/** As many as could activate another one must know: else it would be refused as a second of its generation. @throws CliError */
export function requireWithdrawn(federation: Federation, results: readonly WithdrawResult[]): void {
  const words = results.map((one) => `${federation.memberOf(one.member).name}: ${wordOf(one)}`).join('; ')
  const withdrawn = results.filter((one) => one.result === 'state' && one.state === 'withdrawn').length
  if (withdrawn >= federation.thresholds.clawback.protected) return
  const activated = results.filter((one) => one.result === 'state' && (one.state === 'active' || one.state === 'superseded'))
  if (activated.length > federation.b) {
    throw new CliError(
      'already-active',
      `This generation has become active, and what was active cannot be taken back (${words}).`,
      'Follow it with belfry vault renew.',
    )
  }
  const said = `${withdrawn} of ${results.length} members took it back (${words}).`
  if (results.some((one) => one.result === 'unreachable')) throw new CliError('unreachable', said, 'Run the same command again when the others answer.')
  const remedy = results.flatMap((one) => (one.result === 'refused' ? [one.remedy] : []))[0] ?? 'Try again later.'
  throw new CliError(withdrawn > 0 ? 'not-withdrawn' : 'api-refused', said, remedy)
}
