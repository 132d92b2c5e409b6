'use strict'
/**
 * Keeps the compiled code of all modules in a folder, for this process and for all that its tests start: nodes, commands, thieves.
 * There are hundreds, and half of what each does at its start is to read the same TypeScript. One entry a file, checked against its
 * source. Not where coverage is taken, which V8 counts less exactly in code from a cache.
 */
const { enableCompileCache } = require('node:module')
const { join } = require('node:path')

if (process.env.NODE_V8_COVERAGE === undefined) {
  process.env.NODE_COMPILE_CACHE ??= join(__dirname, '../../node_modules/.cache/belfry-tests')
  enableCompileCache(process.env.NODE_COMPILE_CACHE)
}
