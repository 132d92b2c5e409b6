import { utf8 } from '@belfry/protocol/primitives'
import type { PlantedBug } from './planted-bug.ts'

const DOMAIN_NAME = utf8('belfry/')
const LONGEST_NAME = 40

/** The hash of each domain's name becomes the same, so that what stands before every tagged hash does. */
export const noDomainSeparation: PlantedBug = {
  name: 'no-domain-separation',
  what: 'every hash has one tag: a signature for one purpose is good for another',
  caught_by: ['owner'],
  within_seeds: 10,
  // Somebody takes a generation back.
  shown_in: ({ swarm }) => swarm['late-cancels'],
  suite: (suite) => ({
    ...suite,
    sha256: (bytes) => suite.sha256(bytes.length < LONGEST_NAME && DOMAIN_NAME.every((byte, at) => byte === bytes[at]) ? DOMAIN_NAME : bytes),
  }),
}
