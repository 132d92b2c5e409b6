/**
 * Invariants of protocol.md that nothing watches yet, for what could break them is not in the core. Each says what it needs. Who
 * builds that writes the invariant in a file of its own, as the others are, and moves its line from here to INVARIANTS.
 */
export interface Awaited {
  readonly name: string
  readonly sentence: string
  /** What must be in the core first. */
  readonly needs: string
  /** Where a watcher would learn of it: see `Probe` in member/probe.ts. */
  readonly learns_by: string
}

export const AWAITED: readonly Awaited[] = [
  {
    name: 'S11',
    sentence:
      'if n−min(q, t)+1 honest members approved before U appeared anywhere, and no cancel, freeze, expiry or exposure came, K ' +
      'cannot be rebuilt until the window ends',
    needs: 'intents and their approvals',
    learns_by:
      'onStep: the record of an approval, cancel, freeze or expiry, and the record of a release; ToldChains: whether any bitcoind had U',
  },
  {
    name: 'S12',
    sentence: 'no dead-man release while n−min(q, t)+1 (succession) honest members hold a check-in fresher than the period',
    needs: 'check-ins and the dead-man trigger',
    learns_by: 'onStep: the record of a check-in taken, and the record of a release for succession',
  },
]
