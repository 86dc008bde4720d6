/** Debian's ejabberd (23.01). */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { EJABBERDCTL, ejabberdMissing } from '../programs.ts'
import type { Account } from '../person.ts'
import { roomsOf, type OtherMake, type OtherServer, type Program } from './other-server.ts'

/** What a new installation has, as far as it concerns others. */
const configuration = (server: OtherServer): string => {
  const { domain, certified, authority } = server.settings
  return `
loglevel: info
log_rotate_count: 0
hosts: [${domain}]
certfiles: ["${certified.certificateFile}", "${certified.keyFile}"]
ca_file: "${authority ?? certified.certificateFile}"
acme: {auto: false}
auth_method: [internal]
s2s_use_starttls: required
s2s_dns_timeout: 5
s2s_max_retry_delay: 1
listen:
  - {port: ${server.port}, ip: "${server.host}", module: ejabberd_c2s, starttls: true}
  - {port: ${server.serversPort}, ip: "${server.host}", module: ejabberd_s2s_in}
  - {port: ${server.otherPort}, ip: "${server.host}", module: ejabberd_http, request_handlers: {/api: mod_http_api}}
api_permissions:
  tests: {from: mod_http_api, who: all, what: [register, export_piefxis]}
modules:
  mod_blocking: {}
  mod_caps: {}
  mod_carboncopy: {}
  mod_disco: {}
  mod_http_api: {}
  mod_muc:
    host: ${roomsOf(domain)}
  mod_offline: {}
  mod_ping: {}
  mod_privacy: {}
  mod_roster: {versioning: true}
${authority === null ? '  mod_s2s_dialback: {}\n' : ''}  mod_stream_mgmt: {}
  mod_vcard: {}
  mod_version: {}
`
}

/** Its database keeps for seconds to itself what was written to it, unless it is told otherwise. */
const FLUSHED = 'all is on disk'
const FLUSHING = `spawn(fun() -> Loop = fun Again() ->
  case io:get_line("") of eof -> ok; _ -> mnesia:sync_log(), io:format("${FLUSHED}~n"), Again() end end, Loop() end).`

/** Where Debian keeps its libraries, as its own launcher has it. */
const libraries = async (): Promise<string> => /^ERL_LIBS='(.+)'$/m.exec(await readFile(EJABBERDCTL, 'utf8'))?.[1] ?? ''

/** Names are asked for at the test's name server alone, and no answer is remembered. */
const names = (port: number): string =>
  `{resolv_conf, ""}.\n{lookup, [dns]}.\n{nameserver, {127,0,0,1}, ${port}}.\n{cache_size, 0}.\n`

export const ejabberd: OtherMake = {
  name: 'ejabberd',
  missing: ejabberdMissing(),
  acknowledges: false,
  acknowledgesRequests: false,

  async prepare(server): Promise<Program> {
    const [config, inetrc] = [server.file('ejabberd.yml'), server.file('inetrc')]
    await writeFile(config, configuration(server))
    await writeFile(inetrc, names(server.settings.namePort))
    await mkdir(server.file('log'))
    return {
      program: 'erl',
      // No distribution, and no scheduler that is busy while it waits: others need this machine as well
      args: [
        '-noshell',
        ...'+sbwt none +sbwtdcpu none +sbwtdio none'.split(' '),
        '-mnesia',
        'dir',
        `"${server.file('data')}"`,
        '-s',
        'ejabberd',
        '-eval',
        FLUSHING,
      ],
      environment: {
        ERL_LIBS: await libraries(),
        ERL_INETRC: inetrc,
        ERL_CRASH_DUMP_BYTES: '0',
        EJABBERD_CONFIG_PATH: config,
        EJABBERD_LOG_PATH: server.file('log/ejabberd.log'),
        HOME: server.directory,
      },
    }
  },
  flush: (server) => server.order('\n', FLUSHED),
  async addUser({ host, otherPort }, { jid, password }: Account): Promise<void> {
    const [user, domain] = jid.split('@')
    const body = JSON.stringify({ user, host: domain, password })
    const answer = await fetch(`http://${host}:${otherPort}/api/register`, { method: 'POST', body })
    if (!answer.ok) throw new Error(`ejabberd does not register ${jid}: ${await answer.text()}`)
  },
}
