/** `porchlight start`: runs a server until a signal stops it. */
import { openLog, type OpenLog } from '../admin/log.ts'
import { SystemClock } from '../base/clock.ts'
import { systemEntropy } from '../base/entropy.ts'
import { giveBackAtRest, heapOfThread } from '../base/young-space.ts'
import { warningsAbout } from '../config/warnings.ts'
import { banner } from '../process/banner.ts'
import { INTERNAL, OK, START_AGAIN, UNAVAILABLE } from '../process/exit-codes.ts'
import { inspect } from '../process/inspection.ts'
import { startServer, type Running } from '../process/running.ts'
import { Supervisor } from '../process/supervisor.ts'
import type { Setup } from '../process/setup.ts'
import type { World } from '../process/world.ts'
import { StorageError } from '../storage/storage-error.ts'
import { prepareDomain } from '../xmpp/jid.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

export interface StartOptions extends ConfigOptions {
  readonly fresh: boolean
}

/** Resolves when the server has stopped, with the exit code. */
export async function start(world: World, options: StartOptions): Promise<number> {
  const setup = setupOf(world, options, options.fresh)
  const log = openLog(setup.config.log, world.stderr)
  const enough = toldToStop(world, log)
  const stopped = new AbortController()
  void enough.then(() => stopped.abort())
  world.onUncaught((error) => {
    log.error({ err: error }, 'Uncaught exception; exiting')
    log.flush()
    world.exit(INTERNAL)
  })
  const clock = new SystemClock()
  const supervisor = new Supervisor(world, clock, log)
  for (const { section, option, what } of warningsAbout(setup.config)) log.warn({ option: `[${section}] ${option}` }, what)
  try {
    const runtime = { clock, entropy: systemEntropy, log, software: world.software }
    const about = {
      runtime: world.runtime,
      pid: world.pid,
      memory: () => world.memory(),
      enough: stopped.signal,
      standingBy() {
        world.stdout.write(`Porchlight ${world.software.version} stands by; Ctrl-C stops it.\n`)
        supervisor.ready()
      },
      inspect: async (held: readonly string[]) =>
        void (await inspect(setupOf(world, options, options.fresh), { platform: world.platform, now: clock.now(), held })),
    }
    const running = await startServer(setup, runtime, about)
    world.onSignal('SIGHUP', () => void running.certificates.reload())
    world.stdout.write(bannerOf(world, options, setup, running))
    giveBackAtRest(clock, heapOfThread()) // an application that embeds the server manages its memory itself
    supervisor.ready()
    const why = await Promise.race([
      enough.then(() => 'signal' as const),
      running.shutdown.then(() => 'shutdown' as const),
      running.restart.then(() => 'restart' as const),
      running.mustEnd,
    ])
    if (why instanceof Error) {
      await running.abandon()
      return UNAVAILABLE
    }
    const isOver = why !== 'restart'
    if (isOver) supervisor.stopping()
    await running.stop(isOver ? 'for good' : 'to start again')
    log.info({}, 'Stopped')
    if (isOver) return OK
    log.flush()
    world.startAgain()
    return START_AGAIN
  } catch (error) {
    if (stopped.signal.aborted && error instanceof StorageError && error.trouble === 'closed') return OK
    throw error
  } finally {
    log.flush()
  }
}

/** Resolves at SIGTERM or Ctrl-C. A second signal changes nothing, because a stop takes a limited time. */
function toldToStop(world: World, log: OpenLog): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      world.onSignal(signal, () => {
        log.debug({ signal }, 'Signal received')
        resolve()
      })
    }
  })
}

function bannerOf(
  world: World,
  options: StartOptions,
  { config, dataDirectory }: Setup,
  { ports, certificates }: Running,
): string {
  return banner({
    version: world.software.version,
    domains: config.server.domains.map(prepareDomain),
    ports,
    invokedAs: world.invokedAs,
    configFile: options.config ?? null,
    platform: world.platform,
    selfSignedSha256: config.tls.certificate.length === 0 ? certificates.all[0]!.fingerprint : null,
    inMemory: config.server.fresh,
    dataDirectory,
  })
}
