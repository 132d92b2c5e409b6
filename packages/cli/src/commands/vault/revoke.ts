import { surveyVaults } from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand } from '../../command.ts'
import { type OrderKind, type Outcome, type Sent, giveOrder } from '../../orders/give.ts'
import { type OrderOptions, orderOptions } from '../../orders/options.ts'
import { HELD_SENTENCE, isInForce, memberJson, memberName } from '../../orders/results.ts'
import type { Shell } from '../../shell.ts'

const USUAL_WAIT_S = 30

export function registerRevoke(parent: Command, registrar: Registrar): void {
  addCommand<OrderOptions>(parent, registrar, {
    usage: 'revoke',
    summary: "End a vault's spend intents and its dead-man switch, and never its clawback",
    about:
      'For a vault that is being given up. The enrolment keys order it. From then on every unvault is a theft to the members, ' +
      "the owner's own too; they forget the vault only by belfry vault destroy, once its coin has left.",
    example: 'belfry vault revoke --lock federation.lock.json --data owner --vault enrolment.json --passphrase-file pass',
    options: orderOptions(USUAL_WAIT_S),
    run: (options) => giveOrder(options, REVOKE, registrar.shell),
  })
}

const REVOKE: OrderKind = {
  order: 'revoke',
  make: () => Promise.resolve({ order: 'revoke' }),
  meaning: () => [
    'No intent will be approved any more, and the dead-man switch ends; theft is answered as before.',
    "Every unvault counts as theft from then on, the owner's own too. It cannot be taken back.",
  ],
  asks: true,
  follow,
}

async function follow({ federation, link, command, results }: Sent, { signal }: Shell): Promise<Outcome> {
  const told = (await surveyVaults(link, signal)).flatMap((one) =>
    one.result !== 'answer'
      ? []
      : one.answer.vaults
          .filter(({ vault_id }) => vault_id === command.vault_id)
          .map(({ revoked }) => ({ member: one.member, revoked })),
  )
  const revoked = isInForce(federation, results)
  return {
    json: { revoked, states: told.map((one) => ({ member: memberJson(federation, one.member), revoked: one.revoked })) },
    human: (style) => [
      revoked ? style('green', 'The vault is revoked.') : style('yellow', HELD_SENTENCE),
      ...told.map((one) => `  ${memberName(federation, one.member)}: ${one.revoked ? 'revoked' : 'not yet'}`),
    ],
  }
}
