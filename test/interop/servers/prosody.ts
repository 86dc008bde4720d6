/** Debian's Prosody (0.12). */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Account } from '../person.ts'
import { PROSODY, prosodyMissing } from '../programs.ts'
import { roomsOf, type OtherMake, type OtherServer, type Program } from './other-server.ts'

/**
 * What a new installation has, as far as it concerns others, and bidi. Without an authority whom it knows it believes
 * nobody's certificate, and does dialback.
 */
const configuration = (server: OtherServer): string => {
  const { domain, certified, authority, external = true, namePort } = server.settings
  const quoted = (text: string): string => JSON.stringify(text)
  return `
run_as_root = true
pidfile = ${quoted(server.file('prosody.pid'))}
data_path = ${quoted(server.file('data'))}
log = { { levels = { min = "info" }, to = "console" } }
interfaces = { ${quoted(server.host)} }
c2s_ports = { ${server.port} }
c2s_direct_tls_ports = {}
s2s_ports = { ${server.serversPort} }
s2s_direct_tls_ports = {}
http_ports = {}
https_ports = {}
unbound = {
  resolvconf = false; hoststxt = false; forward = "127.0.0.1@${namePort}";
  options = { ["do-not-query-localhost:"] = "no"; ["module-config:"] = "iterator" };
}
modules_enabled = {
  "disco"; "roster"; "saslauth"; "tls"; "blocklist"; "carbons"; "pep"; "vcard4"; "smacks"; "ping"; "time"; "version";
  "dialback"; "s2s_bidi"; ${external ? '' : '"dialback_alone";'}
}
plugin_paths = { ${quoted(PLUGINS)} }
authentication = "internal_plain"
storage = "internal"
s2s_require_encryption = true
s2s_secure_auth = ${authority !== null}
ssl = {
  certificate = ${quoted(certified.certificateFile)}; key = ${quoted(certified.keyFile)};
  ${authority === null ? 'capath = "/nowhere"' : `cafile = ${quoted(authority)}`};
}
VirtualHost ${quoted(domain)}
modules_enabled = { "vcard_legacy" }
Component ${quoted(roomsOf(domain))} "muc"
restrict_room_creation = false
`
}

const PLUGINS = fileURLToPath(new URL('prosody', import.meta.url))

export const prosody: OtherMake = {
  name: 'Prosody',
  missing: prosodyMissing(),
  acknowledges: true,
  acknowledgesRequests: true,

  async prepare(server): Promise<Program> {
    const file = server.file('prosody.cfg.lua')
    await writeFile(file, configuration(server))
    return { program: PROSODY, args: ['-F', '--root', '--config', file], environment: {} }
  },
  flush: async () => {}, // it writes at once
  async addUser(server, { jid, password }: Account): Promise<void> {
    const [name, domain] = jid.split('@') as [string, string]
    const encoded = (text: string): string => text.replaceAll(/[^A-Za-z0-9]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
    const file = server.file(`data/${encoded(domain)}/accounts/${encoded(name)}.dat`)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, `return { ["password"] = ${JSON.stringify(password)}; };\n`)
  },
}
