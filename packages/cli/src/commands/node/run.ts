import type * as Daemon from '@belfry/node'
import type { Logger, NodeConfig, RunningNode } from '@belfry/node'
import type { Command } from 'commander'
import { type Registrar, type Streamed, addCommand, option } from '../../command.ts'
import { EXIT } from '../../errors.ts'
import type { Shell } from '../../shell.ts'
import { packageVersion } from '../../version.ts'
import { flagsOf, settingOptions } from './settings.ts'

interface RunOptions {
  readonly config?: string
  readonly [flag: string]: unknown
}

export function registerRun(parent: Command, registrar: Registrar): void {
  addCommand<RunOptions>(parent, registrar, {
    usage: 'run',
    summary: "Run this member's node until it is stopped",
    about:
      'Flags go before BELFRY_… variables, those before the file. Logs go to standard error unless log.file says else.',
    example: 'belfry node run --config /etc/belfry/node.yaml',
    options: [option('--config <file>', 'the configuration, YAML'), ...settingOptions()],
    run: (options) => runNode(options, registrar.shell),
  })
}

async function runNode(options: RunOptions, shell: Shell): Promise<Streamed> {
  // Here and nowhere before: whoever runs another command loads no store and no daemon.
  const daemon = await import('@belfry/node')
  const config = await load(daemon, options, shell)
  const logger = openLog(daemon, config.log)
  try {
    const node = await daemon.startNode(config, { logger, software: `belfry/${await packageVersion()}` })
    announce(node, shell)
    await untilStopped(node, shell.signal)
    if (shell.output.json) shell.output.event('node-stopped', shell.now())
  } finally {
    logger.close()
  }
  // SIGTERM is how a supervisor stops a service that did nothing wrong.
  return { streamed: true, exit: shell.signal.reason === 'SIGINT' ? EXIT.interrupted : EXIT.done }
}

function openLog({ createLogger }: typeof Daemon, { level, file }: NodeConfig['log']): Logger {
  const destination = file === null ? { fd: process.stderr.fd } : { file }
  return createLogger({ level, destination })
}

async function load(
  { loadConfig }: typeof Daemon,
  options: RunOptions,
  { env, cwd, output }: Shell,
): Promise<NodeConfig> {
  const { config, ignored } = await loadConfig({ file: options.config ?? null, env, flags: flagsOf(options), cwd })
  for (const name of ignored) {
    if (name !== 'BELFRY_DEBUG') output.warn(`${name} in the environment is no setting and was ignored`)
  }
  return config
}

/** The node's log says the same; this is for whoever started it by hand, or watches its standard output. */
function announce(node: RunningNode, { output, now }: Shell): void {
  const { federation, self } = node.place
  const { name, peer_id } = federation.memberOf(self)
  if (output.json) {
    const member = { index: self, name, peer_id }
    output.event('node-started', now(), {
      member,
      federation: federation.name,
      http_port: node.http.port,
      listening: [...node.listening],
    })
    return
  }
  output.line(
    `${name} (member ${self} of ${federation.members.length}) of ${federation.name}, on ${federation.network}`,
  )
  output.line(
    `HTTP on port ${node.http.port}; ${node.listening.length === 0 ? 'dialling the other members' : `listening on ${node.listening.join(' ')}`}`,
  )
}

/** Until a signal, or until the node ends by itself. @throws NodeError broken */
async function untilStopped(node: RunningNode, signal: AbortSignal): Promise<void> {
  const stopped = Promise.withResolvers<void>()
  const stop = (): void => stopped.resolve()
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    await Promise.race([node.finished, stopped.promise])
  } finally {
    signal.removeEventListener('abort', stop)
    await node.stop()
  }
}
