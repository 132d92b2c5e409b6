import { LocatorTable } from './locator-table.ts'
import { OutpointTable, type TableInit } from './outpoint-table.ts'
import { ScriptTable } from './script-table.ts'

/** All that is looked for in blocks and transactions. */
export class WatchSet {
  /** Found where they are spent. */
  readonly outpoints: OutpointTable
  /** Found where they are paid. */
  readonly scripts: ScriptTable
  /** Found by txid as watchtowers of teos are given them: its first 16 bytes. */
  readonly txidLocators: LocatorTable
  /** The same for lnd's: the first 16 bytes of the txid's SHA-256. */
  readonly hashedLocators: LocatorTable

  constructor(init: Omit<TableInit, 'capacity'> = {}) {
    this.outpoints = new OutpointTable(init)
    this.scripts = new ScriptTable(init)
    this.txidLocators = new LocatorTable(init)
    this.hashedLocators = new LocatorTable(init)
  }

  get bytes(): number {
    return this.outpoints.bytes + this.scripts.bytes + this.txidLocators.bytes + this.hashedLocators.bytes
  }

  /** Ends growth that is under way in any of the tables. */
  settle(): void {
    for (const table of [this.outpoints, this.scripts, this.txidLocators, this.hashedLocators]) table.settle()
  }
}
