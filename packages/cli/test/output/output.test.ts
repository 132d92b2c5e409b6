import assert from 'node:assert/strict'
import { Output, btc, count, list, satPerVb, sentenceList, short, table, utc } from '../../src/output/index.ts'

class Screen {
  readonly isTTY: boolean
  text = ''

  constructor(isTTY: boolean) {
    this.isTTY = isTTY
  }

  write(text: string): void {
    this.text += text
  }
}

function outputOn(terminal: boolean, json = false, env: NodeJS.ProcessEnv = {}) {
  const stdout = new Screen(terminal)
  const stderr = new Screen(terminal)
  return { stdout, stderr, output: new Output({ stdout, stderr, env, json }) }
}

describe('output', () => {
  it('writes a result as lines for people, and as one object with --json', () => {
    const report = { result: { a: 1 }, human: () => ['one', 'two'] }
    const people = outputOn(false)
    people.output.report(report)
    assert.equal(people.stdout.text, 'one\ntwo\n')
    const programs = outputOn(false, true)
    programs.output.report(report)
    assert.equal(programs.stdout.text, '{"ok":true,"result":{"a":1}}\n')
    assert.equal(people.stderr.text + programs.stderr.text, '')
  })

  it('writes progress to standard error, also with --json', () => {
    for (const json of [false, true]) {
      const { output, stdout, stderr } = outputOn(false, json)
      output.progress('working')
      output.warn('careful')
      output.count('things', 1, 2)
      output.count('things', 2, 2)
      assert.equal(stdout.text, '')
      assert.equal(stderr.text, 'working\nwarning: careful\nthings: 2 of 2\n')
    }
  })

  it('redraws a counter on a terminal, and ends its line before anything else', () => {
    const { output, stderr } = outputOn(true, false, { NO_COLOR: '1' })
    output.count('things', 1, 3)
    output.count('things', 2, 3)
    output.progress('interrupted')
    assert.equal(stderr.text, '\rthings: 1 of 3\rthings: 2 of 3\ninterrupted\n')
  })

  it('writes the lines of a stream to people or as objects, never both', () => {
    const people = outputOn(false)
    people.output.line('hello')
    assert.equal(people.stdout.text, 'hello\n')
    const programs = outputOn(false, true)
    programs.output.line('hello')
    programs.output.event('greeted', 12, { who: 'world' })
    assert.equal(programs.stdout.text, '{"event":"greeted","at_ms":12,"who":"world"}\n')
  })

  it('keeps the details of a failure on standard error, whatever the form of the failure', () => {
    const { output, stdout, stderr } = outputOn(false, true)
    output.fail({ code: 'x', message: 'M.', remedy: 'R.', details: ['at here'], exit: 1 })
    assert.equal(stdout.text, '{"ok":false,"error":{"code":"x","message":"M.","remedy":"R."}}\n')
    assert.equal(stderr.text, 'at here\n')
  })

  it('lets no name that others gave move the cursor or hide a word', () => {
    const { output, stdout, stderr } = outputOn(true)
    const hostile = 'a\u001b[2J\u001b[8mb\rc\u202ed\ne'
    const told = 'a?[2J?[8mb?c?d?e'
    output.report({ result: {}, human: (style) => [`${style('bold', 'vault')} ${hostile}`] })
    output.line(hostile)
    assert.equal(stdout.text, `\u001b[1mvault\u001b[22m ${told}\n${told}\n`)
    output.progress(hostile)
    output.warn(hostile)
    assert.equal(stderr.text.split(told).length, 3)
  })

  it('colours for a terminal, not for a dumb one, nor without one', () => {
    assert.notEqual(outputOn(true).output.style('red', 'x'), 'x')
    for (const [terminal, env] of [
      [true, { NO_COLOR: '1' }],
      [true, { TERM: 'dumb' }],
      [false, {}],
    ] as const) {
      assert.equal(outputOn(terminal, false, env).output.style('red', 'x'), 'x')
    }
    assert.notEqual(outputOn(true, false, { NO_COLOR: '' }).output.style('red', 'x'), 'x', 'an empty NO_COLOR is none')
  })
})

describe('what is written for people', () => {
  it('is exact', () => {
    assert.equal(btc(50_000_000n), '0.50000000 BTC')
    assert.equal(btc(2_100_000_000_000_001n), '21000000.00000001 BTC')
    assert.equal(satPerVb(12_345), '12.345 sat/vB')
    assert.equal(utc(0), '1970-01-01 00:00:00 UTC')
    assert.equal(short('ab'.repeat(32)), 'abababababababab…')
    assert.equal(short('ab'), 'ab')
    assert.deepEqual(
      [count(1, 'vote'), count(2, 'vote'), count(0, 'process', 'processes')],
      ['1 vote', '2 votes', '0 processes'],
    )
    assert.deepEqual([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(sentenceList), ['', 'a', 'a and b', 'a, b and c'])
  })

  it('stands in columns, colour or not', () => {
    const red = (text: string): string => `\u001b[31m${text}\u001b[39m`
    assert.deepEqual(
      table(
        [
          ['a', 'bb', '1'],
          ['aaa', red('b'), '22'],
        ],
        [2],
      ),
      ['a    bb   1', `aaa  ${red('b')}   22`],
    )
    assert.deepEqual(
      list([
        ['name', 'x'],
        ['n', ''],
      ]),
      ['name  x', 'n'],
    )
  })
})
