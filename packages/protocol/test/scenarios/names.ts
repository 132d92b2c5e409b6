/** What hashes stand for, so that a scenario can be read. */
import { type TestVault, hexOf, transactionOf } from '../core/setting.ts'

const SHORT = 8

export class Names {
  readonly #names = new Map<string, string>()

  add(hash: string, name: string): void {
    this.#names.set(hash, name)
  }

  addTransaction(label: string): void {
    this.add(transactionOf(label).txid, label)
  }

  addBlock(branch: string, height: number): void {
    this.add(hexOf(`${branch} block ${height}`), `${branch} block ${height}`)
  }

  addVault(name: string, { manifest, hash, vault_id, theft, cold_theft }: TestVault): void {
    const { generation, unvaults, emergency, drill } = manifest
    this.add(hash, generation === 1 ? name : `${name} generation ${generation}`)
    this.add(vault_id, name)
    this.add(theft, `theft of ${name}`)
    this.add(cold_theft, `cold-theft of ${name}`)
    for (const [variant, unvault] of unvaults.entries()) {
      this.add(unvault.txid, `${name}/U${variant}`)
      const means = [unvault.anyone_can_pay, unvault.anchored]
      for (const rung of unvault.clawback) this.#addRung(rung, `K${variant}@${rung.feerate / 1_000}`)
      for (const [at, rung] of means.entries()) if (rung) this.#addRung(rung, at === 0 ? `A${variant}` : `P${variant}`)
    }
    for (const rung of emergency) this.#addRung(rung, `E@${rung.feerate / 1_000}`)
    this.add(drill.envelope_id, 'drill')
  }

  #addRung({ envelope_id, txid }: { readonly envelope_id: string; readonly txid: string }, name: string): void {
    this.add(envelope_id, name)
    this.add(txid, name)
  }

  of(hash: string): string {
    return this.#names.get(hash) ?? `${hash.slice(0, SHORT)}…`
  }

  /** Every known hash in a text, by its name. */
  within(text: string): string {
    return text.replaceAll(/[0-9a-f]{64}/g, (hash) => this.of(hash))
  }
}
