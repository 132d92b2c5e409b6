import { multisigScript } from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand } from '../../command.ts'
import { type Report, list } from '../../output/index.ts'
import { type KeySetOptions, keySetOptions, readColdKeys } from './key-set.ts'

export function registerAddress(parent: Command, registrar: Registrar): void {
  addCommand<KeySetOptions>(parent, registrar, {
    usage: 'address',
    summary: "Print the vault's deposit address",
    example: [
      'belfry vault address --keys keys/vault-keys.json --network signet',
      'belfry vault address --keys signer-1.json signer-2.json signer-3.json hot.json deep-cold.json --network signet',
    ].join('\n  '),
    options: keySetOptions(),
    run: runAddress,
  })
}

async function runAddress(options: KeySetOptions): Promise<Report> {
  const { network } = options
  const { cold } = await readColdKeys(options)
  const { address, descriptor } = multisigScript(cold, network)
  return {
    result: { network, address, descriptor, threshold: cold.threshold, keys: cold.keys.length },
    human: (style) => [
      ...list([
        ['deposit to', style('bold', address)],
        ['spent by', `${cold.threshold} of ${cold.keys.length} cold keys on ${network}`],
        ['descriptor', descriptor],
      ]),
      'One deposit is one vault: send the whole sum in one output, then plan with its outpoint.',
    ],
  }
}
