import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LogLevel, createLogger } from '../../src/logging/index.ts'
import { recorded } from './support.ts'

/** For programs of their own process. */
const SOURCE = JSON.stringify(new URL('../../src/logging/index.ts', import.meta.url).href)

describe('the logger', () => {
  it('writes one JSON object a line: UTC time, level, event, fields', () => {
    const { logger, text } = recorded()
    logger.warn('quorum-lost', { detail: '2 of 5', member: 3 })
    assert.match(
      text(),
      /^\{"level":"warn","time":"[-\d]{10}T[:\d]{8}\.\d{3}Z","event":"quorum-lost","detail":"2 of 5","member":3\}\n$/,
    )
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
    assert.deepEqual(
      [line?.['level_field'], line?.['time_field'], line?.['event_field'], line?.['detail']],
      [9, 1, 'x', 'y'],
    )
    for (const key of ['level', 'time', 'event']) assert.equal(text().split(`"${key}":`).length, 2, key)
  })

  it('gives a child its fields, and lets a line overrule them', () => {
    const { logger, lines } = recorded()
    const child = logger.child({ part: 'chain', network: 'regtest' }).child({ part: 'zmq' })
    child.info('zmq-silent')
    child.info('zmq-silent', { network: 'signet' })
    assert.deepEqual(
      lines().map(({ part, network }) => [part, network]),
      [
        ['zmq', 'regtest'],
        ['zmq', 'signet'],
      ],
    )
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
      assert.deepEqual(
        [first, second].map((text) => text.split('\n').length - 1),
        [1, 2],
      )
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
        import { createLogger } from ${SOURCE}
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
      process.stderr.write('skipped: there is no /dev/full here\n')
      this.skip()
    }
    const logger = createLogger({ level: 'info', destination: { file: '/dev/full' } })
    for (let at = 0; at < 3_000; at++) logger.info('started', { detail: 'x'.repeat(1_000) })
    // 1 MiB is kept, should there be room on the disk again.
    assert.ok(logger.lost() > 1_500 && logger.lost() < 2_500, String(logger.lost()))
    logger.close()
    assert.equal(logger.lost(), 3_000)
  })

  it('waits for no reader of a full pipe, and delivers what it kept once somebody reads', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'belfry-pipe-'))
    execFileSync('mkfifo', [join(dir, 'pipe')])
    // A process of its own, so that one that waits can be ended. The pipe holds 64 KiB, 5,000 lines have 5 MB.
    const program = `
      import { createLogger } from ${SOURCE}
      import { constants, openSync, readSync } from 'node:fs'
      const fd = openSync(${JSON.stringify(join(dir, 'pipe'))}, constants.O_RDWR | constants.O_NONBLOCK)
      const logger = createLogger({ level: 'info', destination: { fd } })
      for (let at = 0; at < 5000; at++) logger.info('started', { detail: 'x'.repeat(1000) })
      const lost = logger.lost()
      const buffer = Buffer.alloc(65536)
      let text = ''
      const read = () => {
        try {
          for (;;) text += buffer.toString('latin1', 0, readSync(fd, buffer))
        } catch (error) {
          if (error.code !== 'EAGAIN') throw error
        }
      }
      for (let at = 0; at < 100; at++) {
        read()
        logger.info('settled', { at })
      }
      const lines = text.split('\\n').slice(0, -1).map((line) => JSON.parse(line))
      console.log(JSON.stringify({ lost, started: lines.filter(({ event }) => event === 'started').length }))
      process.exit(0)`
    const command = ['--conditions=source', '--input-type=module', '-e', program]
    const { stdout, stderr, status } = spawnSync(process.execPath, command, { timeout: 50_000, encoding: 'utf8' })
    await rm(dir, { recursive: true })
    assert.equal(status, 0, stderr)
    const { lost, started } = JSON.parse(stdout) as { lost: number; started: number }
    assert.ok(lost > 3_000, stdout)
    assert.equal(lost + started, 5_000)
  })

  it('goes on where the destination throws', () => {
    const logger = createLogger({
      level: 'info',
      destination: {
        write: () => {
          throw new Error('gone')
        },
      },
    })
    logger.info('started')
    assert.equal(logger.lost(), 1)
  })
})
