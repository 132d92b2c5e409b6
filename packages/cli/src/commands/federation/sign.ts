import { join } from 'node:path'
import {
  type NodeKey,
  lockSignatureToJson,
  openNodeKeys,
  portsOf,
  refuseExisting,
  signChange,
  signDefinition,
  writeFiles,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option, required } from '../../command.ts'
import { NODE_KEYS, SIGNATURE } from '../../files/names.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import type { Report } from '../../output/index.ts'
import { describeChange } from './describe-change.ts'
import { describeDefinition } from './describe.ts'
import { readSignable } from './read.ts'

interface SignOptions extends PassphraseOptions {
  readonly data: string
  readonly out: string
  readonly force?: boolean
}

export function registerSign(parent: Command, registrar: Registrar): void {
  addCommand<SignOptions, [definition: string]>(parent, registrar, {
    usage: 'sign <definition>',
    summary: "Sign a definition or a change with this member's node key",
    about:
      'Compare the definition hash with the other members first, over a channel that you trust. A change is signed by the ' +
      'members of the next epoch.',
    example: 'belfry federation sign federation.definition.json --data /var/lib/belfry --passphrase-file pass',
    options: [
      required('--data <dir>', 'the data directory that belfry init made'),
      option('--out <file>', 'the signature').default(SIGNATURE),
      ...passphraseOptions(),
      option('--force', 'replace the file that is there'),
    ],
    run: (options, definition) => runSign(options, definition),
  })
}

async function runSign(options: SignOptions, path: string): Promise<Report> {
  const { data, out, force = false } = options
  await refuseExisting([out], { force })
  const signable = await readSignable(path)
  const isChange = 'previous' in signable
  const definition = isChange ? signable.definition : signable
  using passphrase = await readPassphrase(options)
  using keys = await openNodeKeys({ path: join(data, NODE_KEYS), passphrase })
  const self = keys.nodePublicKey as NodeKey
  const signature = isChange ? signChange(portsOf(keys), signable, self) : signDefinition(portsOf(keys), signable, self)
  await writeFiles([{ path: out, content: lockSignatureToJson(signature), privacy: 'public' }], { force })
  const { index, lock_hash } = signature
  const name = definition.members[index - 1]?.name ?? ''
  return {
    result: { file: out, index, name, lock_hash, definition_hash: definition.definition_hash },
    human: (style) => [
      ...(isChange ? describeChange(signable, style) : describeDefinition(signable, style)),
      '',
      `Signed as ${name} (member ${index}), for the lock ${lock_hash}.`,
      `Wrote ${out}. Send it to whoever assembles the lock.`,
    ],
  }
}
