/**
 * Installs the real clients and servers that the interop tests drive, if they are missing. Where that is impossible it says
 * so, and the tests that need them are skipped: `node test/interop/install.ts`. Debian would start the servers at once, on
 * the usual ports: they are kept from that.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { JS_SDK_FOLDER, jsSdkMissing, PACKAGES } from './programs.ts'

const installed = (name: string): boolean =>
  spawnSync('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name], { encoding: 'utf8' }).stdout === 'installed'

/** Without a network apt-get tries again and again. */
const APT_MS = 180_000

function apt(...args: readonly string[]): boolean {
  const { status } = spawnSync('apt-get', ['-q', ...args], {
    timeout: APT_MS,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return status === 0
}

/** invoke-rc.d(8): asked before a package starts a service. 101: it may not. */
const POLICY = '/usr/sbin/policy-rc.d'

/** Installs without starting anything. Where somebody has a policy of his own, that holds. */
function install(packages: readonly string[]): boolean {
  const isOurs = !existsSync(POLICY)
  if (isOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return apt('install', '-y', '--no-install-recommends', ...packages)
  } finally {
    if (isOurs) rmSync(POLICY)
  }
}

function outcome(): string {
  if (!existsSync('/etc/debian_version')) return `this is not Debian: tests with ${PACKAGES.join(', ')} are skipped.`
  const missing = PACKAGES.filter((name) => !installed(name))
  if (missing.length === 0) return 'all clients and servers are installed.'
  if (process.getuid!() !== 0) return `only root can install ${missing.join(', ')}: tests with them are skipped.`
  if (!apt('update') || !install(missing)) return `apt-get could not install ${missing.join(', ')}: tests with them are skipped.`
  return `installed ${missing.join(', ')}.`
}

/** No script of a package is run. */
function npmOutcome(): string {
  if (jsSdkMissing() === false) return 'matrix-js-sdk is installed.'
  const args = ['install', '--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', args, { cwd: JS_SDK_FOLDER, timeout: APT_MS, stdio: ['ignore', 'ignore', 'inherit'] })
  return status === 0 ? 'installed matrix-js-sdk.' : 'npm could not install matrix-js-sdk: tests with it are skipped.'
}

console.log(`interop: ${outcome()}`)
console.log(`interop: ${npmOutcome()}`)
