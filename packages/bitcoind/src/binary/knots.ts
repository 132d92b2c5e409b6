import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BitcoindError, printable } from '../errors.ts'

/**
 * Debian's own package bitcoin-knots, with the libraries it was built against, so that it runs where Debian's release is
 * older.
 */

/** Where the package is, and where its libraries are. */
export const KNOTS_SUITES = ['trixie', 'trixie-backports']
export const KNOTS_PACKAGES = [
  'bitcoin-knots', 'libc6', 'libstdc++6', 'libgcc-s1', 'libevent-core-2.1-7t64', 'libevent-extra-2.1-7t64',
  'libevent-pthreads-2.1-7t64', 'libzmq5', 'libsqlite3-0', 'libbsd0', 'libmd0', 'libsodium23', 'libpgm-5.3-0t64',
  'libnorm1t64', 'libgssapi-krb5-2', 'libkrb5-3', 'libk5crypto3', 'libcom-err2', 'libkrb5support0', 'libkeyutils1',
  'libssl3t64',
]

export interface Architecture {
  /** The directory of its libraries. */
  readonly triplet: string
  /** The program loader of its C library. */
  readonly loader: string
}

/** By Debian's names. */
const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  amd64: { triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
}

/** @throws BitcoindError no-program */
export function requireArchitecture(name: string): Architecture {
  const found = ARCHITECTURES[name]
  if (found === undefined) throw new BitcoindError('no-program', `there is no bitcoind to fetch for ${printable(name, 20)}`)
  return found
}

/** Programs that start what was unpacked here. */
export async function writeWrappers(targetDir: string, architecture: Architecture): Promise<void> {
  for (const program of ['bitcoind', 'bitcoin-cli']) {
    const wrapper = join(targetDir, program)
    await writeFile(wrapper, wrapperOf(program, architecture))
    await chmod(wrapper, 0o755)
  }
}

/** Starts the program by the loader of its own C library. `exec`: one process, so that a signal reaches the program. */
function wrapperOf(program: string, { triplet, loader }: Architecture): string {
  return [
    '#!/bin/sh',
    'here=$(dirname "$(readlink -f "$0")")',
    `lib="$here/usr/lib/${triplet}"`,
    `exec "$lib/${loader}" --library-path "$lib" "$here/usr/bin/${program}" "$@"`,
    '',
  ].join('\n')
}
