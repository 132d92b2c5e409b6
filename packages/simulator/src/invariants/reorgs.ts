import type { Invariant } from './invariant.ts'

export const REORGS: Invariant = {
  name: 'reorgs',
  sentence: 'done is what my own bitcoind sees: a reorganisation re-opens what it undoes (protocol.md, incident 8)',
  watch: (context) => ({
    onStep(member, input) {
      if (input.kind !== 'chain' || !context.isHonest(member.index) || !member.state) return
      const { event } = input
      const { position, vaults } = member.state.durable
      if (event.event === 'block-disconnected' && position?.hash !== event.previous) {
        context.fail('a block that was undone is the tip still', member.index)
      }
      if (event.event !== 'spend-unconfirmed') return
      for (const { coins } of vaults.values()) {
        if (coins.get(event.outpoint)?.confirmed) context.fail('a spend that was undone counts as confirmed', member.index)
      }
    },
  }),
}
