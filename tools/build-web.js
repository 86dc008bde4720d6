/**
 * Bundles the presence board from web/ into web/dist/, where the server serves it from. npm runs it at install
 * (`prepare`), with whatever Node is there: so it is plain JavaScript. An install without development tools skips it.
 */
import { join } from 'node:path'

const WEB = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../web')

const esbuild = await import('esbuild').catch(() => null)
if (esbuild === null) console.log('board: esbuild is not installed; the board is not built')
else
  await esbuild.build({
    entryPoints: ['board.tsx', 'board.css', 'index.html', 'admin.tsx', 'admin.css', 'admin.html', 'icon.svg'].map((file) =>
      join(WEB, file),
    ),
    outdir: join(WEB, 'dist'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.html': 'copy', '.svg': 'copy' },
    logLevel: 'warning',
  })
