/** `porchlight check`: whether the configuration can be used, and what it does that one should know. */
import { silent } from '../base/log.ts'
import { SystemClock } from '../base/clock.ts'
import { systemEntropy } from '../base/entropy.ts'
import { warningsAbout } from '../config/checks.ts'
import { sentence } from '../config/problem.ts'
import { openCertificates } from '../process/tls.ts'
import type { World } from '../process/world.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

/** @throws ConfigError, CertificateError */
export async function check(world: World, options: ConfigOptions): Promise<void> {
  const setup = setupOf(world, options)
  const { config, configFile } = setup
  const notes: string[] = warningsAbout(config).map(({ section, option, what, remedy }) =>
    sentence({ file: configFile, line: null, option: `[${section}] ${option}`, what, remedy }),
  )
  if (config.tls.certificate.length > 0) {
    const log = { ...silent, warn: (fields: object, message: string) => void notes.push(`${message} ${JSON.stringify(fields)}`) }
    await openCertificates(setup, { clock: new SystemClock(), entropy: systemEntropy, log })
  }
  for (const note of notes) world.stdout.write(`Note: ${note}\n`)
  world.stdout.write(
    configFile === null ? 'There is no configuration file; what is built in is good.\n' : `${configFile} is good.\n`,
  )
}
