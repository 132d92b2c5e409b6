import type { StatusView } from '@belfry/node'
import type { Style } from '../../output/index.ts'

/** The members of which something is not as it should be, one a line. */
export function attentionOf({ attention, isolated, monoculture }: Pick<StatusView, 'attention' | 'isolated' | 'monoculture'>, style: Style): [string, string][] {
  const cutOff = 'fewer than a majority of the members are heard: perhaps it is this node that is cut off'
  return [
    ...(isolated ? [['', style('red', cutOff)] as [string, string]] : []),
    ...attention.map(({ member, self, what }): [string, string] => {
      const said = what.map((word) => ATTENTION[word] ?? word).join(', ')
      return ['', style('yellow', `${member.name}${self ? ' (this node)' : ''}: ${said}`)]
    }),
    ...(monoculture ? [['', `${monoculture.members} run ${monoculture.implementation}: one bug of it could stop the federation`] as [string, string]] : []),
  ]
}

/** What the words of the view mean, where they do not say it themselves. */
const ATTENTION: Readonly<Record<string, string>> = {
  lagging: 'behind the chain',
  stuck: 'stuck behind the chain',
  forked: 'on another chain',
  'eclipse-suspected': 'its bitcoind knows of a better chain and does not get its blocks: perhaps it is eclipsed',
  skewed: 'clock is off',
  incompatible: 'speaks another version',
  duplicate: 'two processes run on its key',
  convicted: 'signed conflicting messages',
  'proofs-in-doubt': 'does not prove that it has the blocks',
}
