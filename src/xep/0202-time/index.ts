/** XEP-0202: the server's time, which is UTC, in the format of XEP-0082. */
import { section } from '../../base/settings.ts'
import { defineFeature, xep } from '../../server/feature.ts'
import { el } from '../../xml/element.ts'
import { formatDateTime } from '../../xmpp/datetime.ts'

const TIME = 'urn:xmpp:time'

export const entityTime = defineFeature({
  name: 'entity-time',
  specs: [xep(202, 'Entity Time', '2.0')],
  settings: section({}),
  install(host) {
    const answer = () =>
      el('time', TIME, {}, el('tzo', TIME, {}, '+00:00'), el('utc', TIME, {}, formatDateTime(host.clock.now())))
    host.iqToServer({ type: 'get', ns: TIME, name: 'time', handle: answer })
    host.disco.server.features.push(TIME)
  },
})
