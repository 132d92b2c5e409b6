import { startRegtest } from '@belfry/bitcoind'

/**
 * A parent to kill: starts two bitcoinds, prints their process ids as JSON, and waits. Arguments: program, directory,
 * outlive|die.
 */
const [, , program = '', baseDir = '', fate = ''] = process.argv
const regtest = await startRegtest({ count: 2, baseDir, binary: { path: program }, outliveParent: fate === 'outlive' })
process.stdout.write(`${JSON.stringify(regtest.nodes.map(({ pid }) => pid))}\n`)
setInterval(() => {}, 60_000)
