/** XEP-0092: the name and version of this program. The operating system is included only if the operator wants it (section 3). */
import { flag, section } from '../../base/settings.ts'
import { defineFeature, xep } from '../../server/feature.ts'
import { el } from '../../xml/element.ts'

const VERSION = 'jabber:iq:version'

export const softwareVersion = defineFeature({
  name: 'software-version',
  specs: [xep(92, 'Software Version', '1.1')],
  settings: section({
    system: flag(false, 'Whether an answer about the software version names the operating system.'),
  }),
  install(host, settings) {
    const { name, version, system } = host.software
    const parts = [el('name', VERSION, {}, name), el('version', VERSION, {}, version)]
    if (settings.system) parts.push(el('os', VERSION, {}, system))
    const answer = el('query', VERSION, {}, ...parts)
    host.iqToServer({ type: 'get', ns: VERSION, name: 'query', handle: () => answer })
    host.disco.server.features.push(VERSION)
  },
})
