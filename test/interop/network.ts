/**
 * A network of its own for one server (Linux network namespaces), whose packets can be lost: what goes there then has the
 * wrong address on the wire, so nobody gets it and nobody says so.
 */
import { spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'

/** Link-local addresses (RFC 3927), others for each process that runs tests. */
const PREFIX = `169.254.${1 + (process.pid % 254)}`
const [NEAR, FAR] = [`${PREFIX}.1`, `${PREFIX}.2`] as const
const NOWHERE = '02:00:00:00:00:99'
let networks = 0

/** Why there can be none here; false: there can. */
export function networkMissing(): string | false {
  if (process.getuid?.() !== 0) return 'only root can make a network'
  const name = `pl-probe-${process.pid}`
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'this machine has no network namespaces'
  spawnSync('ip', ['netns', 'del', name])
  return false
}

export class Network {
  /** Of the server in it, and of this machine as it is seen from there. */
  readonly address = FAR
  readonly ours = NEAR
  readonly #name: string
  readonly #device: string

  static open(t: TestContext): Network {
    const network = new Network(`${process.pid}${(networks += 1)}`)
    t.after(() => network.#close())
    network.#make()
    return network
  }
  private constructor(id: string) {
    this.#name = `pl${id}`
    this.#device = `pl${id}a`
  }
  /** A command that runs another one in it. */
  get through(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name]
  }
  /** From now on what is sent there is lost. */
  lose(): void {
    ip('neigh', 'replace', FAR, 'lladdr', NOWHERE, 'dev', this.#device, 'nud', 'permanent')
  }
  /** It gets there again. */
  restore(): void {
    ip('neigh', 'del', FAR, 'dev', this.#device)
  }

  #make(): void {
    const there = `${this.#device.slice(0, -1)}b`
    const inside = (...args: readonly string[]): void => ip('-n', this.#name, ...args)
    ip('netns', 'add', this.#name)
    ip('link', 'add', this.#device, 'type', 'veth', 'peer', 'name', there, 'netns', this.#name)
    ip('addr', 'add', `${NEAR}/30`, 'dev', this.#device)
    ip('link', 'set', this.#device, 'up')
    inside('addr', 'add', `${FAR}/30`, 'dev', there)
    inside('link', 'set', there, 'up')
    inside('link', 'set', 'lo', 'up')
  }
  #close(): void {
    spawnSync('ip', ['netns', 'del', this.#name]) // and with it both ends of the line
  }
}

function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`)
}
