/**
 * The files of the presence board and of the operator's view, as `tools/build-web.js` builds them. They are read once, when
 * the web port is opened, and sent whole. The pages load nothing from other origins and run no inline script; the content
 * security policy enforces this in the browser.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { HttpExchange, HttpHeaders, HttpRoutes } from '../base/http.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}
/** Files that are served at paths of their own. The board and the wall are one page. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  'index.html': ['/', '/wall'],
  'admin.html': ['/admin'],
  'invite.html': ['/invite'],
}

const POLICY: HttpHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

interface Page {
  readonly octets: Buffer
  readonly gzipped: Buffer
  /** Null: it was not built. */
  readonly brotli: Buffer | null
  readonly headers: HttpHeaders
}

/** @returns the paths that are served; none if the board has not been built */
export async function installPages(routes: HttpRoutes, folder: string): Promise<readonly string[]> {
  const paths: string[] = []
  for (const file of filesIn(folder)) {
    const page = await pageOf(join(folder, file))
    for (const path of PATHS[file] ?? [`/${file}`]) {
      routes.at(path, (exchange) => send(exchange, page))
      paths.push(path)
    }
  }
  return paths
}

const filesIn = (folder: string): readonly string[] =>
  (ifThere(() => readdirSync(folder)) ?? []).filter((file) => extname(file) in TYPES)
const readIfThere = (file: string): Buffer | null => ifThere(() => readFileSync(file))
/** Null: there is no such file. */
function ifThere<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

async function pageOf(file: string): Promise<Page> {
  const octets = readFileSync(file)
  const etag = `"${createHash('sha256').update(octets).digest('base64url').slice(0, 22)}"`
  const headers = {
    ...POLICY,
    'content-type': TYPES[extname(file)]!,
    'cache-control': 'no-cache',
    etag,
    'vary': 'accept-encoding',
  }
  return { octets, gzipped: await promisify(gzip)(octets), brotli: readIfThere(`${file}.br`), headers }
}

function send(exchange: HttpExchange, { octets, gzipped, brotli, headers }: Page): void {
  exchange.allow('GET', 'HEAD')
  if (exchange.header('if-none-match') === headers['etag']) return exchange.reply(304, headers, '')
  const accepted = exchange.header('accept-encoding') ?? ''
  if (brotli !== null && /\bbr\b/.test(accepted)) return exchange.reply(200, { ...headers, 'content-encoding': 'br' }, brotli)
  if (/\bgzip\b/.test(accepted)) return exchange.reply(200, { ...headers, 'content-encoding': 'gzip' }, gzipped)
  exchange.reply(200, headers, octets)
}
