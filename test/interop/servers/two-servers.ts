/** Our server and one of another make, that find each other and prove themselves: by certificates of one authority, or by dialback. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Authority } from '../../support/authority.ts'
import { startServer, type ServerProcess, type ServerSettings } from '../../support/server-process.ts'
import { within } from '../../support/within.ts'
import { PATIENCE_MS, type Account, type Endpoints } from '../person.ts'
import { NameServer } from './name-server.ts'
import { OtherServer, roomsOf, type OtherMake } from './other-server.ts'

export const OURS = 'verona.example'
export const THEIRS = 'mantua.example'

/** Where our server has nodes (XEP-0060). */
const nodesOf = (domain: string): string => `pubsub.${domain}`

export type Proof = 'certificates' | 'dialback' | 'dialback beside certificates'
type Times = Readonly<Record<string, string>>

export interface TwoServers {
  readonly ours: ServerProcess
  readonly theirs: OtherServer
  readonly make: OtherMake
  /** Where clients find our server. */
  readonly door: Endpoints
}

/** @param more settings of ours */
export async function openTwoServers(
  t: TestContext,
  make: OtherMake,
  proof: Proof,
  times: Times,
  more: ServerSettings = {},
): Promise<TwoServers> {
  const directory = await mkdtemp(join(tmpdir(), 'federated-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const authority = await Authority.found(directory)
  const certify = (domain: string): ReturnType<Authority['certify']> =>
    authority.certify(domain, { dns: [domain, roomsOf(domain), nodesOf(domain)] })
  const [own, other] = await Promise.all([OURS, THEIRS].map(certify))
  const names = await NameServer.open(t)
  const known = proof === 'dialback' ? null : authority.file
  const theirs = await OtherServer.open(t, make, {
    domain: THEIRS,
    certified: other!,
    certifiedBy: authority.file,
    authority: known,
    external: proof !== 'dialback beside certificates',
    namePort: names.port,
  })
  const trust = known === null ? { trust: 'allow-dialback' } : { trust: 'require-certificate', authorities: known }
  const route = `${theirs.host}:${theirs.serversPort}`
  const ours = await startServer(t, {
    ...more,
    'server': { 'domains': [OURS], 'data-directory': 'data' },
    'tls': { certificate: own!.certificateFile, key: own!.keyFile },
    'federation': { ...trust, 'retry': '100 ms', 'longest-retry': '200 ms', ...times },
    'limits': { 'session-checkpoint': '100 ms' },
    // ejabberd does not answer probes of those who are offline, as RFC 6121 4.3.2 says it should: silence is the answer
    'presence-annotations': { 'confirm-within': '1 s' },
    'peer': [THEIRS, roomsOf(THEIRS)].map((domain) => ({ domain, route })),
  })
  for (const domain of [OURS, roomsOf(OURS), nodesOf(OURS)]) names.services.set(domain, () => ours.serversPort)
  const door: Endpoints = {
    get port() {
      return ours.port
    },
    directTlsPort: 0,
    httpsPort: null,
    certificateFile: authority.file,
    directory,
  }
  return { ours, theirs, make, door }
}
/** Somebody with an account on our server. */
export async function accountOf({ ours }: TwoServers, name: string): Promise<Account> {
  const account = { jid: `${name}@${OURS}`, password: `pass word of ${name}` }
  await ours.addUser(account.jid, account.password)
  return account
}

/** Until the link to a domain of theirs is in that state. @param local a domain of ours */
export async function stateOfLink(ours: ServerProcess, wanted: string, local = OURS, remote = THEIRS): Promise<void> {
  const isSo = async (): Promise<boolean> => {
    const links = (await ours.ask('link.list', {})) as readonly {
      readonly local: string
      readonly remote: string
      readonly state: string
    }[]
    return links.some((link) => link.local === local && link.remote === remote && link.state === wanted)
  }
  const come = async (): Promise<void> => {
    while (!(await isSo()));
  }
  await within(PATIENCE_MS, `the link from ${local} to ${remote} to be ${wanted}`, come())
}
