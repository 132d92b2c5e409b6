import {
  type RescueEnd,
  type SignedRecoverySet,
  type Situation,
  type VaultPlan,
  guideOf,
  laddersOf,
  rescue,
  scriptsOf,
  toHex,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, type Streamed, addCommand, integer, option } from '../../command.ts'
import { type ConfirmOptions, confirm, confirmOptions } from '../../confirm.ts'
import { CliError, EXIT, usageError } from '../../errors.ts'
import { type BitcoindOptions, bitcoindOptions, withBitcoind } from '../../files/bitcoind.ts'
import { RECOVERY_SET } from '../../files/names.ts'
import { type PassphraseOptions, passphraseOptions, readPassphrase } from '../../files/passphrase.ts'
import { openRecoverySet } from '../../files/recovery-set.ts'
import { type Report, type Style, satPerVb } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { RescueStory } from './rescue-story.ts'

interface RecoverOptions extends PassphraseOptions, BitcoindOptions, ConfirmOptions {
  readonly set: string
  readonly print?: boolean
  readonly emergency?: boolean
  readonly until: number
  readonly lookBack: number
  readonly interval: number
}

/** Where the chain is as good as final; blocks further down are not expected to change. */
const SETTLED_DEPTH = 100
const USUAL_DEPTH = 6
/** A month. Reading so many blocks takes minutes; with block filters, seconds. */
const USUAL_LOOK_BACK = 4_320
const MAX_LOOK_BACK = 10_000_000

export function registerRecover(parent: Command, registrar: Registrar): void {
  addCommand<RecoverOptions>(parent, registrar, {
    usage: 'recover',
    summary: 'Bring the coin to deep cold with the recovery set and a bitcoind alone, without any member',
    about:
      'Answers an unvault with its clawback, by the same rules as the members do, until that is deep in the chain; may be ' +
      'stopped and started again at any moment. Where the coin is still in its deposit it does nothing, unless --emergency ' +
      'tells it to bring that to deep cold. --print says instead which transaction to send when, by whatever means.',
    example: [
      'belfry vault recover --set recovery-set.json --bitcoind-port 8332 --bitcoind-cookie .cookie --passphrase-file pass',
      'belfry vault recover --set recovery-set.json --print --passphrase-file pass',
    ].join('\n  '),
    options: [
      option('--set <file>', 'the recovery set').default(RECOVERY_SET),
      ...passphraseOptions(),
      ...bitcoindOptions(),
      option('--print', 'print the transactions and when to send them; they are secrets until they are sent'),
      option('--emergency', 'bring the deposit itself to deep cold; it cannot be taken back'),
      ...confirmOptions(),
      integer('--until <depth>', 'confirmations after which it ends; 100 is final', 1, SETTLED_DEPTH).default(USUAL_DEPTH),
      integer('--look-back <blocks>', 'search so far for what took a coin that is gone', 1, MAX_LOOK_BACK).default(USUAL_LOOK_BACK),
      integer('--interval <seconds>', 'how often bitcoind is asked', 1, 600).default(10),
    ],
    run: (options) => runRecover(options, registrar.shell),
  })
}

async function runRecover(options: RecoverOptions, shell: Shell): Promise<Report | Streamed> {
  if ((options.bitcoindPort === undefined) === (options.print !== true)) {
    throw usageError('It is either done by a bitcoind or printed.', 'Give --bitcoind-port with --bitcoind-cookie, or --print.')
  }
  using passphrase = await readPassphrase(options)
  const set = await openRecoverySet(options.set, passphrase)
  if (options.print === true) return printed(set)
  await confirmEmergency(options, set, shell)
  const end = await withBitcoind(options, set.plan.network, shell.signal, (bitcoind) => {
    const story = new RescueStory(set.plan, shell)
    const { emergency = false, until, lookBack: look_back, interval } = options
    const { aside } = laddersOf(set)
    if (aside.length > 0) {
      shell.output.progress(`Not used by itself: ${aside.map(({ id }) => id).join(', ')}; --print shows them.`)
    }
    return rescue({
      bitcoind, set, emergency, until, look_back,
      interval_ms: interval * 1000,
      onEvent: (event) => story.tell(event),
      signal: shell.signal,
    })
  })
  if (end === null) throw usageError('A bitcoind is needed here.', 'Give --bitcoind-port with --bitcoind-cookie, or --print.')
  return ended(end, set.plan, shell)
}

async function confirmEmergency(options: RecoverOptions, { plan }: SignedRecoverySet, shell: Shell): Promise<void> {
  if (options.emergency !== true) return
  const { address } = scriptsOf(plan).deep_cold
  const sentences = [
    `An emergency transaction becomes public, and brings all of ${plan.deposit.outpoint} to ${address}, less its fee.`,
    'Only the keys of deep cold can spend it from there.',
  ]
  await confirm(options, sentences, shell)
}

function ended(end: RescueEnd, plan: VaultPlan, { output, now }: Shell): Report | Streamed {
  switch (end.end) {
    case 'recovered': {
      const { txid, id, height, depth } = end
      const result = { end: end.end, txid, id, height, depth }
      if (output.json) {
        const { end: event, ...fields } = result
        output.event(event, now(), fields)
        return { streamed: true, exit: EXIT.done }
      }
      const final = depth >= SETTLED_DEPTH ? 'That is final.' : `It is final at ${SETTLED_DEPTH}: --until ${SETTLED_DEPTH} follows it so far.`
      return {
        result,
        human: (style) => [
          style('green', `Recovered: ${id ?? 'a transaction'} ${txid} brought the coin to deep cold, in block ${height}, ${depth} deep.`),
          final,
        ],
      }
    }
    case 'lost':
      throw new CliError(
        'coin-lost',
        `${end.id ?? 'Another transaction'}, ${end.txid}, took the coin from the ${end.from}, in block ${end.height}, ${end.depth} deep: no transaction of this set can spend it any more.`,
        remedyOf(end.id, plan),
      )
    case 'nothing-to-do':
      if (end.being_spent) {
        throw new CliError(
          'nothing-to-recover',
          `${end.spent_by ?? 'A transaction'} is spending the deposit and is not confirmed. It is none of this vault's; nothing was sent.`,
          'If it is not you, run it again with --emergency at once: once that has confirmed it is too late.',
        )
      }
      throw new CliError(
        'nothing-to-recover',
        'The coin is in its deposit, and nothing is moving it; nothing was sent.',
        `So it was at block ${end.tip}; if the chain is further, bitcoind hears of no new blocks: ask another. Add --emergency to bring it to deep cold all the same.`,
      )
  }
}

function remedyOf(id: string | null, { dead_man }: VaultPlan): string {
  if (id === null) return 'If it was not you: keep the set and the logs, and move what the same keys hold elsewhere.'
  if (dead_man === null || !id.startsWith('dead-man')) return "It is one of this set's own: look at what it pays to."
  return `It is the dead man's: the cold keys can take the coin back from staging, at the latest ${dead_man.staging_csv} blocks after that.`
}

/** Standard output and nowhere else: whoever has these can send the coin to deep cold. */
function printed(set: SignedRecoverySet): Report {
  const situations = guideOf(set)
  return {
    result: {
      deposit: set.plan.deposit.outpoint,
      secret_until_sent: true,
      situations: situations.map(({ title, advice, transactions }) => ({
        title,
        advice,
        transactions: transactions.map(({ id, txid, feerate, fee, raw }) => ({
          id, txid,
          sat_vb: feerate / 1000,
          fee_sats: Number(fee),
          hex: toHex(raw),
        })),
      })),
    },
    human: (style) => [
      style('red', 'Each of these transactions is a secret until you send it: whoever has one can bring the coin to deep cold.'),
      'None of them can bring it anywhere else. Send one with: bitcoin-cli sendrawtransaction HEX 0',
      ...situations.flatMap((situation) => situationLines(situation, style)),
    ],
  }
}

function situationLines({ title, advice, transactions }: Situation, style: Style): string[] {
  const listed = transactions.flatMap(({ id, txid, feerate, raw }, at) => [
    `${at + 1}. ${id}, ${satPerVb(feerate)}, txid ${txid}`,
    toHex(raw),
  ])
  return ['', style('bold', `When: ${title}`)].concat(advice, listed)
}
