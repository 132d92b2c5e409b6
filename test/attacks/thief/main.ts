/**
 * The thief: a program of its own, with nothing but what he stole, coins of his own, and a bitcoind of his own.
 *
 *     main.ts <attack> --loot FOLDER --port RPC-PORT --cookie FILE [number …]
 *
 * Prints one JSON line for each thing that he tried (attempt.ts). Exit 0 where he tried all that he had in mind.
 */
import { parseArgs } from 'node:util'
import { connectBitcoind } from '../../../packages/bitcoind/src/index.ts'
import { coldSpend, mineColdSpend } from './cold.ts'
import { flood } from './flood.ts'
import { children, hotSpend, mineUnvault, unvault } from './hot.ts'
import { Loot } from './loot.ts'
import { disarm, nameColdSpend, panic, supersede } from './owner.ts'
import { anchorChild, cycleIn, cycleOut, inflate } from './pinning.ts'
import { reorg } from './reorg.ts'
import { Teller } from './telling.ts'

type Attack = (loot: Loot, teller: Teller, numbers: readonly number[]) => Promise<void>

const ATTACKS: Readonly<Record<string, Attack>> = {
  unvault,
  'mine-unvault': mineUnvault,
  'hot-spend': hotSpend,
  children,
  'cold-spend': coldSpend,
  'mine-cold-spend': mineColdSpend,
  inflate,
  'anchor-child': anchorChild,
  'cycle-in': cycleIn,
  'cycle-out': cycleOut,
  flood,
  reorg,
  supersede,
  'name-cold-spend': nameColdSpend,
  disarm,
  panic,
}

const { values, positionals: [name = '', ...numbers] } = parseArgs({
  allowPositionals: true,
  options: { loot: { type: 'string' }, port: { type: 'string' }, cookie: { type: 'string' } },
})
const attack = ATTACKS[name]
const { loot = '', port = '', cookie = '' } = values
if (attack === undefined) throw new RangeError(`no attack is called "${name}": ${Object.keys(ATTACKS).join(', ')}`)

const bitcoind = connectBitcoind({ port: Number(port), cookieFile: cookie })
try {
  await attack(new Loot(loot), new Teller(bitcoind), numbers.map(Number))
} finally {
  bitcoind.close()
}
