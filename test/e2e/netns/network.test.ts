/** What a federation must bear from real networks and machines. docs/testing.md says what these tests need of the machine they run on. */
import { useNetCluster } from '../../support/netns/suite.ts'
import { TEST_LIMIT_MS } from '../../support/watch.ts'
import { flood } from './flood.ts'
import { KILL_VAULTS, kills } from './kills.ts'
import { links } from './links.ts'
import { machines } from './machines.ts'

describe('five members, each with its bitcoind in a network namespace of its own', function () {
  this.timeout(TEST_LIMIT_MS)
  const vaults = ['far apart', 'parted', 'one way', 'slept through', 'forked', 'an hour off', 'rolling', 'disk full', 'under flood', ...KILL_VAULTS]
  const stage = useNetCluster(vaults)
  links(stage)
  machines(stage)
  kills(stage)
  // The last: a member whose key was in other hands is quarantined, and rightly so.
  flood(stage)
})
