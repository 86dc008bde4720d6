/**
 * Bundles the presence board from web/ into web/dist/, where the server serves it from. npm runs it at install
 * (`prepare`), with whatever Node is there: so it is plain JavaScript. An install without development tools skips it.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

const WEB = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../web')

/**
 * What the client library has and the board does not use stays out, a sixth of the whole: calls and the transfers of files that belong to
 * them, BOSH, finding out where a server is, texts that are seen while they are typed, and extensions of which the board neither sends
 * nor shows anything.
 */
const UNUSED = [
  '0016 0033 0047 0048 0049 0055 0065 0071 0080 0108 0114 0118 0124 0131 0138 0141 0144 0158 0166 0167 0176 0177 0215 0221 0231 0234 0247 0260 0261 0264',
  '0300 0301 0320 0335 0338 0343 0357 0380 0384',
]
const withoutUnused = {
  name: 'without-unused',
  setup(build) {
    const leave = (path, content) =>
      build.onLoad({ filter: new RegExp(`[\\\\/]stanza[\\\\/](${path})\\.js$`) }, () => ({
        contents: `exports.__esModule = true; exports.default = ${content}`,
        loader: 'js',
      }))
    leave('plugins[\\\\/]jingle|jingle[\\\\/]index|helpers[\\\\/]RTT', '() => {}')
    leave('transports[\\\\/]bosh|helpers[\\\\/]NetworkDiscovery', 'class {}')
    leave(`protocol[\\\\/](rfc4287|xep(${UNUSED.join(' ').replaceAll(' ', '|')}))`, '[]')
  },
}

const DIST = join(WEB, 'dist')
/** Pages whose scripts share nothing. Of the board, `online.js` comes behind the form to sign in; `chunk.js` is what both need. */
const PAGES = [
  ['board.tsx', 'board.css', 'index.html', 'icon.svg'],
  ['admin.tsx', 'admin.css', 'admin.html'],
  ['invite.tsx', 'invite.html'],
  ['qr.ts'],
]
/** Few people need QR codes: they are a script of their own, which the pages ask for when somebody wants one. */
const qrApart = {
  name: 'qr-apart',
  setup: (build) => build.onResolve({ filter: /\/qr\.ts$/ }, ({ kind }) => (kind === 'dynamic-import' ? QR : undefined)),
}
const QR = { path: './qr.js', external: true }

/** As small as can be: the server would need a second for it at each start. */
async function compress(file) {
  const octets = await readFile(file)
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: octets.length,
  }
  await writeFile(`${file}.br`, brotliCompressSync(octets, { params }))
}

const esbuild = await import('esbuild').catch(() => null)
if (esbuild === null) console.log('board: esbuild is not installed; the board is not built')
else {
  await rm(DIST, { recursive: true, force: true })
  for (const files of PAGES)
    await esbuild.build({
      entryPoints: files.map((file) => join(WEB, file)),
      outdir: DIST,
      bundle: true,
      splitting: true,
      chunkNames: '[name]',
      minify: true,
      format: 'esm',
      target: 'es2023',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      loader: { '.html': 'copy', '.svg': 'copy' },
      plugins: [withoutUnused, qrApart],
      logLevel: 'warning',
    })
  for (const file of await readdir(DIST)) await compress(join(DIST, file))
}
