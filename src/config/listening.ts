/** Rules of [listen]: addresses that can be opened together, and that only the right clients can reach. */
import { addressOf, isPrivate, textOf, type Address } from '../net/address.ts'
import type { ListenSettings } from '../net/settings.ts'
import type { Complaint } from './complaint.ts'
import type { Config } from './sections.ts'

type Port = Address & { readonly option: keyof ListenSettings; readonly text: string }

export function* addresses(config: Config): Iterable<Complaint> {
  for (const [option, texts] of Object.entries(config.listen)) {
    for (const text of texts) {
      if (addressOf(text) !== null) continue
      yield {
        section: 'listen',
        option,
        what: `"${text}" is not an address and a port`,
        remedy: 'Write one such as "127.0.0.1:5222", or "[::]:5222" for every address.',
      }
    }
  }
  yield* collisions(portsOf(config))
}

/** The ports that these settings open. Ports that would not be used stay closed. */
export function portsOf({ listen, federation, component, features }: Config): readonly Port[] {
  const isEnabled = (feature: string): boolean => (features[feature] as { readonly enabled: boolean }).enabled
  const isOpened = (option: keyof ListenSettings): boolean => {
    if (option === 's2s' || option === 's2s-direct-tls') return federation.enabled
    if (option === 'bytestreams') return isEnabled('bytestreams')
    if (option === 'files') return isEnabled('http-upload')
    return option !== 'components' || component.length > 0
  }
  return (Object.keys(listen) as (keyof ListenSettings)[])
    .filter(isOpened)
    .flatMap((option) => listen[option].map((text) => ({ option, text, ...(addressOf(text) ?? { host: '', port: 0 }) })))
    .filter(({ host }) => host !== '')
}

function* collisions(ports: readonly Port[]): Iterable<Complaint> {
  for (const [i, one] of ports.entries()) {
    const other = ports.slice(0, i).find((earlier) => collide(earlier, one))
    if (other === undefined) continue
    yield {
      section: 'listen',
      option: one.option,
      what: `"${one.text}" is taken by ${other.option} ("${other.text}") already`,
      remedy: 'Give one of the two another port.',
    }
  }
}

/** Port 0 means any free port. */
function collide(one: Address, other: Address): boolean {
  if (one.port === 0 || one.port !== other.port) return false
  const isEvery = ({ host }: Address, of: Address): boolean => host === '::' || (host === '0.0.0.0' && !of.host.includes(':'))
  return textOf(one) === textOf(other) || isEvery(one, other) || isEvery(other, one)
}

/** Ports that reveal more than strangers should know. */
export function* exposures(config: Config): Iterable<Complaint> {
  for (const { option, text, host } of portsOf(config)) {
    const exposed = EXPOSED[option]
    if (exposed === undefined || isPrivate(host)) continue
    yield {
      section: 'listen',
      option,
      what: `"${text}" can be reached from other machines, and ${exposed[0]}`,
      remedy: exposed[1],
    }
  }
}

const EXPOSED: Readonly<Partial<Record<keyof ListenSettings, readonly [what: string, remedy: string]>>> = {
  monitoring: [
    '/metrics tells everybody how many users are connected',
    'Write "127.0.0.1:9090", or the address of this machine in its own private network.',
  ],
  http: [
    'its traffic is not encrypted: others on the way can read it',
    'Write "127.0.0.1:5280" and have a reverse proxy with TLS in front of it, or use https.',
  ],
}

const FOR_CLIENTS: readonly string[] = ['c2s', 'c2s-direct-tls', 'http', 'https']

/** Ports that are of use only to clients that reach another one. */
const BESIDE: readonly string[] = ['monitoring', 'bytestreams', 'files']

/** A server that listens nowhere is useful only inside another program. */
export function* nowhere(config: Config): Iterable<Complaint> {
  if (portsOf(config).some(({ option }) => !BESIDE.includes(option))) return
  yield {
    section: 'listen',
    option: 'c2s',
    what: 'nobody could reach the server: it would listen nowhere',
    remedy: 'Write an address for clients, such as "[::]:5222", or leave the section out.',
  }
}

/** There is no port for clients, although there is one for other servers or components. */
export function* unreachable(config: Config): Iterable<Complaint> {
  const ports = portsOf(config)
  if (ports.length === 0 || ports.some(({ option }) => FOR_CLIENTS.includes(option))) return
  yield {
    section: 'listen',
    option: 'c2s',
    what: 'no client can reach the server',
    remedy: 'Write an address for clients, such as "[::]:5222".',
  }
}
