import { join } from 'node:path'
import {
  type Change,
  type Consent,
  FederationError,
  type Lock,
  type NodeKey,
  type NodeKeys,
  checkChange,
  consentToJson,
  exists,
  nextBody,
  openNodeKeys,
  parseConsent,
  portsOf,
  refuseExisting,
  refuseOn,
  signConsent,
  signedLock,
  verifier,
  writeFiles,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option, required } from '../../command.ts'
import { CHANGE, CONSENT, NODE_KEYS, keptConsent } from '../../files/names.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { readParsed } from '../../files/read-parsed.ts'
import type { Report } from '../../output/index.ts'
import { describeChange } from './describe-change.ts'
import { readChange, readSignatures } from './read.ts'

interface ConsentOptions extends PassphraseOptions {
  readonly change: string
  readonly data: string
  readonly out: string
  readonly force?: boolean
}

export function registerConsent(parent: Command, registrar: Registrar): void {
  addCommand<ConsentOptions, [signatures: string[]]>(parent, registrar, {
    usage: 'consent <signatures...>',
    summary: 'Consent, as a member of the present epoch, to the next one',
    about:
      'It needs the signatures of all members of the next epoch, so that a consent is not spent on a lock that never comes ' +
      'about: a member consents once per epoch, and its data directory keeps to what. Compare the lock hash with the others ' +
      'first, over a channel that you trust.',
    example:
      'belfry federation consent signatures/*.json --change federation.change.json --data /var/lib/belfry --passphrase-file pass',
    options: [
      option('--change <file>', 'what was signed').default(CHANGE),
      required('--data <dir>', 'the data directory of this member'),
      option('--out <file>', 'the consent').default(CONSENT),
      ...passphraseOptions(),
      option('--force', 'replace the file that is there; never what the data directory keeps'),
    ],
    run: (options, signatures) => runConsent(options, signatures),
  })
}

async function runConsent(options: ConsentOptions, paths: readonly string[]): Promise<Report> {
  const { data, out, force = false } = options
  await refuseExisting([out], { force })
  const change = await readChange(options.change)
  refuseOn(checkChange(verifier, change))
  const next = signedLock(verifier, nextBody(change), await readSignatures(paths))
  using passphrase = await readPassphrase(options)
  using keys = await openNodeKeys({ path: join(data, NODE_KEYS), passphrase })
  const { consent, resumed } = await consentOnce(data, keys, change, next)
  await writeFiles([{ path: out, content: consentToJson(consent), privacy: 'public' }], { force })
  const { index, lock_hash } = consent
  const name = change.previous.definition.members[index - 1]?.name ?? ''
  return {
    result: { file: out, index, name, lock_hash, previous_lock_hash: consent.previous_lock_hash, resumed },
    human: (style) => [
      ...describeChange(change, style),
      '',
      `${resumed ? 'Consented before' : 'Consented'} as ${name} (member ${index} of epoch ${change.previous.epoch}), to the lock ${lock_hash}.`,
      `Wrote ${out}. Send it to whoever assembles the lock.`,
    ],
  }
}

/**
 * The consent is on the disk before anybody can see it, so that a second one for the same epoch is refused whatever
 * happens in between.
 * @throws FederationError two-successors where this member consented to another lock
 */
async function consentOnce(
  data: string,
  keys: NodeKeys,
  { previous }: Change,
  next: Lock,
): Promise<{ readonly consent: Consent; readonly resumed: boolean }> {
  const path = join(data, keptConsent(previous.lock_hash))
  if (await exists(path)) {
    const kept = await readParsed(path, 'the consent of this member', parseConsent)
    if (kept.lock_hash === next.lock_hash) return { consent: kept, resumed: true }
    throw new FederationError(
      'two-successors',
      `This member consented to the lock ${kept.lock_hash} already, as what follows epoch ${previous.epoch}; ` +
        `it does not consent to ${next.lock_hash}, too.`,
      'Two locks that follow the same one would split the federation. Agree with the other members on that first one; ' +
        'what it lacks can be changed in the epoch after it.',
    )
  }
  const consent = signConsent(portsOf(keys), previous, next, keys.nodePublicKey as NodeKey)
  await writeFiles([{ path, content: consentToJson(consent), privacy: 'private' }])
  return { consent, resumed: false }
}
