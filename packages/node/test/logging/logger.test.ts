import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type LogLevel, createLogger } from '../../src/logging/index.ts'
import { recorded } from './support.ts'

describe('the logger', () => {
  it('writes one JSON object a line: UTC time, level, event, fields', () => {
    const { logger, text } = recorded()
    logger.warn('quorum-lost', { detail: '2 of 5', member: 3 })
    assert.match(text(), /^\{"level":"warn","time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","event":"quorum-lost","detail":"2 of 5","member":3\}\n$/)
  })

  it('writes its level and above', () => {
    const levels = ['debug', 'info', 'warn', 'error'] as const
    const written = (level: LogLevel) => {
      const { logger, lines } = recorded(level)
      for (const each of levels) logger[each]('started')
      for (const each of levels) logger.log(each, 'settled')
      return lines().map((line) => line['level'])
    }
    assert.deepEqual(written('debug'), [...levels, ...levels])
    assert.deepEqual(written('info'), ['info', 'warn', 'error', 'info', 'warn', 'error'])
    assert.deepEqual(written('error'), ['error', 'error'])
  })

  it('has no key twice in a line, whatever fields are called', () => {
    const { logger, lines, text } = recorded()
    logger.child({ level: 8 }).info('started', { level: 9, time: 1, event: 'x', detail: 'y' })
    const [line] = lines()
    assert.equal(line?.['event'], 'started')
    assert.equal(line?.['level'], 'info')
    assert.deepEqual([line?.['level_field'], line?.['time_field'], line?.['event_field'], line?.['detail']], [9, 1, 'x', 'y'])
    for (const key of ['level', 'time', 'event']) assert.equal(text().split(`"${key}":`).length, 2, key)
  })

  it('gives a child its fields, and lets a line overrule them', () => {
    const { logger, lines } = recorded()
    const child = logger.child({ part: 'chain', network: 'regtest' }).child({ part: 'zmq' })
    child.info('zmq-silent')
    child.info('zmq-silent', { network: 'signet' })
    assert.deepEqual(lines().map(({ part, network }) => [part, network]), [['zmq', 'regtest'], ['zmq', 'signet']])
  })

  it('keeps a line to one line', () => {
    const { logger, text } = recorded()
    logger.info('started', { detail: 'a\nb\u2028c\u001b[31m' })
    assert.equal(text().split('\n').length, 2)
    assert.ok(!text().includes('\u001b'))
  })

  describe('to a file', () => {
    let dir: string
    before(async () => {
      dir = await mkdtemp(join(tmpdir(), 'belfry-log-'))
    })
    after(() => rm(dir, { recursive: true }))

    it('has every line there when the call returns, readable by its owner only', async () => {
      const file = join(dir, 'a.log')
      const logger = createLogger({ level: 'info', destination: { file } })
      logger.info('started')
      const first = await readFile(file, 'utf8')
      logger.info('settled')
      const second = await readFile(file, 'utf8')
      logger.close()
      assert.deepEqual([first, second].map((text) => text.split('\n').length - 1), [1, 2])
      assert.equal((await stat(file)).mode & 0o777, 0o600)
    })

    it('adds to what is there', async () => {
      const file = join(dir, 'b.log')
      await writeFile(file, 'before\n')
      const logger = createLogger({ level: 'info', destination: { file } })
      logger.info('started')
      logger.close()
      assert.match(await readFile(file, 'utf8'), /^before\n\{.*\}\n$/)
    })

    it('says why it cannot be opened', () => {
      assert.throws(() => createLogger({ level: 'info', destination: { file: join(dir, 'no/such/folder') } }), {
        code: 'log-unwritable',
        message: /ENOENT/,
      })
    })

    it('loses no line when the process is killed right after it', async () => {
      const file = join(dir, 'killed.log')
      const program = `
        import { createLogger } from ${JSON.stringify(fileURLToPath(new URL('../../src/logging/index.ts', import.meta.url)))}
        const logger = createLogger({ level: 'info', destination: { file: ${JSON.stringify(file)} } })
        for (let at = 0; at < 500; at++) logger.info('started', { at })
        process.kill(process.pid, 'SIGKILL')`
      const { signal } = spawnSync(process.execPath, ['--conditions=source', '--input-type=module', '-e', program])
      assert.equal(signal, 'SIGKILL')
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
      assert.equal(lines.length, 500)
      assert.equal((JSON.parse(lines.at(-1) ?? '') as { at: number }).at, 499)
    })
  })

  it('goes on, and counts, where nothing can be written', async function () {
    // Every write to it fails with ENOSPC, as on a full disk.
    if (!(await stat('/dev/full').catch(() => null))) {
      console.error('skipped: there is no /dev/full here')
      this.skip()
    }
    const logger = createLogger({ level: 'info', destination: { file: '/dev/full' } })
    for (let at = 0; at < 100; at++) logger.info('started', { detail: 'x'.repeat(1_000) })
    assert.ok(logger.lost() >= 100)
  })

  it('waits for no reader of a full pipe, and delivers what fits once it reads', () => {
    // The parent reads nothing before the child has ended; a pipe holds 64 KiB.
    const program = `
      import { createLogger } from ${JSON.stringify(fileURLToPath(new URL('../../src/logging/index.ts', import.meta.url)))}
      import { openSync } from 'node:fs'
      import { execFileSync } from 'node:child_process'
      import { mkdtempSync, constants } from 'node:fs'
      const dir = mkdtempSync('/tmp/belfry-pipe-')
      execFileSync('mkfifo', [dir + '/pipe'])
      const fd = openSync(dir + '/pipe', constants.O_RDWR | constants.O_NONBLOCK)
      const logger = createLogger({ level: 'info', destination: { fd } })
      for (let at = 0; at < 5000; at++) logger.info('started', { detail: 'x'.repeat(1000) })
      console.log(JSON.stringify({ lost: logger.lost() }))
      process.exit(0)`
    const { stdout, status } = spawnSync(process.execPath, ['--conditions=source', '--input-type=module', '-e', program], { timeout: 50_000, encoding: 'utf8' })
    assert.equal(status, 0)
    assert.ok((JSON.parse(stdout) as { lost: number }).lost > 3_000, stdout)
  })

  it('goes on where the destination throws', () => {
    const logger = createLogger({ level: 'info', destination: { write: () => { throw new Error('gone') } } })
    logger.info('started')
    assert.equal(logger.lost(), 1)
  })
})
