/** XEP-0092: the name and version of this program. The operating system is included only if the operator wants it (section 3). */
import { flag, section } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import { el, type Element } from '../../xml/element.ts'

export const VERSION = 'jabber:iq:version'

export const softwareVersion = defineFeature({
  name: 'software-version',
  specs: [xep(92, 'Software Version', '1.1')],
  settings: section({
    system: flag(false, 'Whether an answer about the software version names the operating system.'),
  }),
  install(host, settings) {
    const answer = versionOf(host, settings.system)
    const rule = { type: 'get', ns: VERSION, name: 'query', handle: () => answer } as const
    host.iqToServer(rule)
    host.iqToServices(rule)
    host.disco.server.features.push(VERSION)
    host.disco.serviceFeatures.push(VERSION)
  },
})

/** What the program says of itself. @param withSystem the operating system, too */
export function versionOf({ software }: Host, withSystem: boolean): Element {
  const { name, version, system } = software
  const parts = [el('name', VERSION, {}, name), el('version', VERSION, {}, version)]
  if (withSystem) parts.push(el('os', VERSION, {}, system))
  return el('query', VERSION, {}, ...parts)
}
