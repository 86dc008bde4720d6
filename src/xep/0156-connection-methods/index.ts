/**
 * XEP-0156: /.well-known/host-meta (RFC 6415) lists the entrances on the web port, for clients that cannot ask DNS. In XML (XRD)
 * and JSON (JRD); pages of any origin may read it, because nothing in it is secret (section 3).
 */
import { HttpRefusal, type Announced, type HttpExchange } from '../../base/http.ts'
import { section, webOrigin } from '../../base/settings.ts'
import { defineFeature, xep } from '../../server/feature.ts'
import { el } from '../../xml/element.ts'
import { serialise } from '../../xml/write.ts'

const XRD = 'http://docs.oasis-open.org/ns/xri/xrd-1.0'
const PATH = '/.well-known/host-meta'
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': 'accept, content-type',
}
const AUTHORITY = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

export const connectionMethods = defineFeature({
  name: 'host-meta',
  specs: [xep(156, 'Discovering Alternative XMPP Connection Methods', '1.4.0')],
  settings: section({
    url: webOrigin(
      '',
      'URL of the web port for clients, such as "https://chat.example.org". It is published in /.well-known/host-meta. Empty: the URL of the request, if that came by HTTPS.',
    ),
  }),
  install({ http }, { url }) {
    const answer = (type: string, text: (links: readonly Link[]) => string) => (exchange: HttpExchange) => {
      exchange.allow('GET', 'HEAD', 'OPTIONS')
      if (exchange.method === 'OPTIONS') return exchange.reply(204, CORS, '')
      const origin = url === '' ? originOf(exchange) : url
      const links = http.announced.map((way) => linkTo(way, origin))
      exchange.reply(200, { ...CORS, 'content-type': type, 'cache-control': 'max-age=300' }, text(links))
    }
    http.at(PATH, answer('application/xrd+xml; charset=utf-8', xrd))
    http.at(`${PATH}.json`, answer('application/json', jrd))
  },
})

interface Link {
  readonly rel: string
  readonly href: string
}

/** 2.2: only 'https:' and 'wss:'. @param origin with 'https:' */
const linkTo = ({ rel, scheme, path }: Announced, origin: string): Link => ({
  rel,
  href: origin.replace('https:', `${scheme}:`) + path,
})

/** @throws HttpRefusal if the request did not use HTTPS, or did not name a host */
function originOf(exchange: HttpExchange): string {
  if (!exchange.peer.encrypted) throw new HttpRefusal(404, 'Only by HTTPS (XEP-0156 2.2)', CORS)
  const host = exchange.header('host') ?? ''
  if (!AUTHORITY.test(host)) throw new HttpRefusal(400, 'Where did this request come to?', CORS)
  return `https://${host}`
}

const xrd = (links: readonly Link[]): string =>
  `<?xml version='1.0' encoding='utf-8'?>\n${serialise(el('XRD', XRD, {}, ...links.map(({ rel, href }) => el('Link', XRD, { rel, href }))), '')}\n`
const jrd = (links: readonly Link[]): string => `${JSON.stringify({ links })}\n`
