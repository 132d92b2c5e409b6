import type { Command } from 'commander'
import { type Registrar, addCommand } from '../../command.ts'
import { CliError } from '../../errors.ts'
import { type OrderKind, type Outcome, type Sent, giveOrder } from '../../orders/give.ts'
import { type OrderOptions, orderOptions } from '../../orders/options.ts'
import { HELD_SENTENCE, memberName } from '../../orders/results.ts'

const USUAL_WAIT_S = 30

export function registerDestroy(parent: Command, registrar: Registrar): void {
  addCommand<OrderOptions>(parent, registrar, {
    usage: 'destroy',
    summary: 'Have members forget the shares of a vault whose coin has left',
    about:
      'The enrolment keys order it. A member obeys only once its own bitcoind has shown that the coin has left the vault, 100 ' +
      'blocks deep, and then signs that it has forgotten its shares. A false member may keep a copy all the same.',
    example: 'belfry vault destroy --lock federation.lock.json --data owner --vault enrolment.json --passphrase-file pass',
    options: orderOptions(USUAL_WAIT_S),
    run: (options) => giveOrder(options, DESTROY, registrar.shell),
  })
}

const DESTROY: OrderKind = {
  order: 'destroy',
  make: () => Promise.resolve({ order: 'destroy' }),
  meaning: () => ['Members forget every share and envelope of this vault. It cannot be taken back.'],
  asks: true,
  // Members hand it on; what is wanted is each one's receipt.
  everybody: true,
  follow: (sent) => Promise.resolve(outcomeOf(sent)),
}

/** @throws CliError not-destroyed where no member signed that it has forgotten the vault */
export function outcomeOf({ federation, results }: Pick<Sent, 'federation' | 'results'>): Outcome {
  const destroyed = results.filter(({ result }) => result === 'destroyed')
  const left = results.length - destroyed.length
  if (destroyed.length === 0)
    throw new CliError('not-destroyed', 'No member has signed yet that it has forgotten the vault.', HELD_SENTENCE)
  return {
    json: { destroyed: destroyed.length, left },
    human: (style) => [
      style(left === 0 ? 'green' : 'yellow', `${destroyed.length} of ${results.length} members signed that they have forgotten the vault.`),
      ...destroyed.map(({ member }) => `  ${memberName(federation, member)}`),
      ...(left === 0 ? [] : ['Run it again when the others answer.']),
    ],
  }
}
