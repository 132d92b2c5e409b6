'use strict'
/**
 * Mocha's spec reporter, and at the end what a person wants to see first: what was skipped (each test has printed why), the
 * ten slowest files, and `N passed, N failed`. The same goes into the file that BELFRY_TEST_SUMMARY names, for .ci/run.
 */
const { writeFileSync } = require('node:fs')
const { relative } = require('node:path')
const { reporters } = require('mocha')

const SLOWEST = 10
/** A test that leaves something open would hang the run; it is a failure, and said which kind of thing it was. */
const LINGER_MS = 15_000

module.exports = class BelfryReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const files = new Map()
    const skipped = []
    const started = new Map()
    const fileOf = (runnable) => relative(process.cwd(), runnable.file ?? runnable.parent?.file ?? 'unknown')

    runner.on('suite', (suite) => {
      if (suite.file && suite.parent?.root) started.set(suite, performance.now())
    })
    runner.on('suite end', (suite) => {
      const begin = started.get(suite)
      if (begin === undefined) return
      const ms = performance.now() - begin
      const file = fileOf(suite)
      files.set(file, (files.get(file) ?? 0) + ms)
    })
    runner.on('pending', (test) => skipped.push(`${fileOf(test)}: ${test.fullTitle()}`))
    runner.once('end', () => {
      const slowest = [...files].toSorted((a, b) => b[1] - a[1]).slice(0, SLOWEST)
      const { passes, failures } = this.stats
      const lines = [
        ...(skipped.length === 0 ? [] : [`${skipped.length} skipped:`, ...skipped.map((title) => `  ${title}`)]),
        'slowest files:',
        ...slowest.map(([file, ms]) => `  ${(ms / 1000).toFixed(1).padStart(6)} s  ${file}`),
        `${passes} passed, ${failures} failed`,
      ]
      const text = `${lines.join('\n')}\n`
      process.stdout.write(text)
      if (process.env.BELFRY_TEST_SUMMARY) writeFileSync(process.env.BELFRY_TEST_SUMMARY, text)
      setTimeout(() => {
        process.stdout.write(`the tests ended, but these keep the process: ${process.getActiveResourcesInfo().join(', ')}\n`)
        process.exit(1)
      }, LINGER_MS).unref()
    })
  }
}
