/** A device of a person: a folder, in which commands are typed as they are in the documentation. */
import assert from 'node:assert/strict'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Ended, belfry, successIn } from './belfry.ts'
import type { Workspace } from './workspace.ts'

export class Device {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** With a passphrase in the file `pass`, and nothing else. */
  static async make(space: Workspace, name: string): Promise<Device> {
    const device = new Device(space.file(name))
    await mkdir(device.path)
    await writeFile(device.file('pass'), `the passphrase of ${name}\n`, { mode: 0o600 })
    return device
  }

  /** One that was made before. */
  static at(space: Workspace, name: string): Device {
    return new Device(space.file(name))
  }

  file(...names: string[]): string {
    return join(this.path, ...names)
  }

  /** Carries files and folders to another device, under their own names or one other. */
  async bring(to: Device, name: string, as = name): Promise<void> {
    await cp(this.file(name), to.file(as), { recursive: true })
  }

  /**
   * Whatever comes of it. Words are parted by spaces; `belfry` itself is left out.
   * One command at a time: the working directory is the process's.
   */
  async type(line: string): Promise<Ended> {
    const before = process.cwd()
    process.chdir(this.path)
    try {
      return await belfry(line.split(/\s+/).filter((word) => word !== ''))
    } finally {
      process.chdir(before)
    }
  }

  /** @returns what it printed. Fails the test unless the command is done. */
  async done(line: string): Promise<string> {
    const { code, stdout, stderr } = await this.type(line)
    assert.equal(code, 0, `${line}: ${stdout}${stderr}`)
    return stdout
  }

  /** @returns what it said on standard error. Fails the test unless it ends with this code. */
  async refused(exit: number, line: string): Promise<string> {
    const { code, stdout, stderr } = await this.type(line)
    assert.equal(code, exit, `${line}: ${stdout}${stderr}`)
    return stderr
  }

  /** @returns the result of the same with --json */
  async result<T = Record<string, unknown>>(line: string): Promise<T> {
    return successIn(await this.done(`${line} --json`)) as T
  }
}
