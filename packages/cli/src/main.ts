#!/usr/bin/env node
/**
 * The entry of the belfry command. An older Node than Belfry runs on must be able to read this file and say what to do,
 * so it holds plain syntax and no static import: everything else comes after the check.
 */
const LEAST_MAJOR = 24
const LEAST_MINOR = 7

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > LEAST_MAJOR || (major === LEAST_MAJOR && minor >= LEAST_MINOR)) {
  void import('./cli.ts').then((cli) => cli.runProcess(process))
} else {
  const message =
    'Belfry needs Node ' + LEAST_MAJOR + '.' + LEAST_MINOR + ' or later; this is Node ' + process.versions.node + '.'
  const remedy =
    'Install Node 24 (https://nodejs.org/en/download), or run belfry with it: /path/to/node24/bin/node belfry …'
  if (process.argv.indexOf('--json') >= 0) {
    const failure = { ok: false, error: { code: 'node-too-old', message: message, remedy: remedy } }
    process.stdout.write(JSON.stringify(failure) + '\n')
  } else {
    process.stderr.write(message + '\n' + remedy + '\n')
  }
  process.exitCode = 1
}
