/** The makes of client that the stories are played with. */
import { fileURLToPath } from 'node:url'
import { chromiumMissing } from '../browser/chromium.ts'
import { DrivenPerson, type DriverProgram } from './driven.ts'
import type { Account, Endpoints, Make, Security } from './person.ts'
import { ProfanityPerson } from './profanity/person.ts'
import { profanityMissing, PYTHON, slixmppMissing } from './programs.ts'

/** A make whose people can do more than every client can. */
export interface DrivenMake extends Make {
  come(server: Endpoints, account: Account): Promise<DrivenPerson>
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

function driven(name: string, missing: string | false, program: DriverProgram): DrivenMake {
  return { name, missing, come: async (server, account) => new DrivenPerson(program, server, account) }
}

export const slixmpp = driven('slixmpp', slixmppMissing(), {
  program: PYTHON,
  args: [path('slixmpp/driver.py')],
  security: 'starttls',
  environment: () => ({ PYTHONDONTWRITEBYTECODE: '1' }),
})

/** The same with its extensions for rooms, and asking for annotations (XEP-0310). */
export const slixmppInRooms = driven('slixmpp in rooms', slixmppMissing(), {
  program: PYTHON,
  args: [path('slixmpp/driver.py'), '--rooms'],
  security: 'starttls',
  environment: (server) => ({ PYTHONDONTWRITEBYTECODE: '1', SSL_CERT_FILE: server.certificateFile }),
})

export const xmppJs = driven('@xmpp/client', false, {
  program: process.execPath,
  args: [path('xmpp-js/driver.ts')],
  security: 'starttls',
  // The library has no option for what it trusts: it is the runtime's.
  environment: (server) => ({ NODE_EXTRA_CA_CERTS: server.certificateFile }),
})

export const stanzaJs = driven('stanza', false, {
  program: process.execPath,
  args: [path('stanza-js/driver.ts')],
  security: 'websocket',
  environment: (server) => ({ NODE_EXTRA_CA_CERTS: server.certificateFile }),
})

/** The same with definitions of its own for XEP-0310, which it has in its capabilities. */
export const askingStanzaJs = driven('stanza with state annotations', false, {
  program: process.execPath,
  args: [path('stanza-js/driver.ts'), '--annotations'],
  security: 'websocket',
  environment: (server) => ({ NODE_EXTRA_CA_CERTS: server.certificateFile }),
})

/** In a page in Debian's Chromium. */
export const strophe = driven('strophe.js', chromiumMissing(), {
  program: process.execPath,
  args: [path('strophe/driver.ts')],
  security: 'websocket',
  environment: () => ({}),
})

/** The same make, by that way. */
export const over = (security: Security, { name, missing, come }: DrivenMake): DrivenMake => ({
  name: `${name} over ${security}`,
  missing,
  async come(server, account) {
    const person = await come(server, account)
    person.security = security
    return person
  },
})

export const profanity: Make = {
  name: 'profanity',
  missing: profanityMissing(),
  come: (server, account) => ProfanityPerson.come(server, account),
}
