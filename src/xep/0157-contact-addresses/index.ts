/**
 * XEP-0157: contact addresses of this server: a form in its answer to disco#info (XEP-0128), from the operator's configuration.
 * Missing kinds of addresses are left out, and without any address there is no form.
 */
import { section, uris, type Settings } from '../../base/settings.ts'
import { defineFeature, xep } from '../../server/feature.ts'
import type { Element } from '../../xml/element.ts'
import { dataForm } from '../../xmpp/data-form.ts'

const SERVER_INFO = 'http://jabber.org/network/serverinfo'

const contactSettings = section({
  abuse: uris('Where to report abuse.'),
  admin: uris('How to reach the people who run the server: URIs such as "mailto:xmpp@example.org" or "xmpp:admin@example.org".'),
  feedback: uris('Where users may say what they think.'),
  sales: uris('Where to ask about sales.'),
  security: uris('Where to report security problems.'),
  status: uris('Pages that tell whether the service works.'),
  support: uris('Where users get help.'),
})

export const contactAddresses = defineFeature({
  name: 'contact-addresses',
  specs: [xep(157, 'Contact Addresses for XMPP Services', '1.1.1')],
  settings: contactSettings,
  install(host, settings) {
    const form = formOf(settings)
    if (form !== null) host.disco.server.forms.push(() => form)
  },
})

function formOf(settings: Settings<typeof contactSettings>): Element | null {
  const fields = Object.entries(settings).filter(([, addresses]) => addresses.length > 0)
  if (fields.length === 0) return null
  return dataForm({
    type: 'result',
    formType: SERVER_INFO,
    fields: fields.map(([role, values]) => ({ name: `${role}-addresses`, type: 'list-multi', values })),
  })
}
