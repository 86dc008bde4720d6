/**
 * The package as npm would publish it: packed, unpacked where only the dependencies are that it declares, and started
 * from there. What works here works for whoever installs it.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startServer } from '../support/server-process.ts'
import { xmppJs } from './makes.ts'
import { playWhoIsIn } from './who-is-in.ts'

const ROOT = join(import.meta.dirname, '../..')
const INSTALLED = join(ROOT, 'node_modules')
/** A stranger's own Node.js, whatever version it is. */
const OWN_PATH = process.env['PATH']!.split(delimiter)
  .filter((directory) => !directory.includes('node_modules'))
  .join(delimiter)

interface Manifest {
  readonly version: string
  readonly bin: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

const PORTS = ['c2s', 'c2s-direct-tls', 's2s', 's2s-direct-tls', 'bytestreams', 'http', 'https', 'monitoring']

function run(command: string, args: readonly string[], cwd: string, path = process.env['PATH']): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, PATH: path } })
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

/** What `npm install` makes of the package, with the dependencies that are here already. Gives back node_modules. */
function install(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'porchlight-package-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  run('npm', ['pack', '--silent', '--pack-destination', directory], ROOT)
  const [tarball] = readdirSync(directory)
  run('tar', ['xzf', tarball!], directory)
  const modules = join(directory, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  run('mv', ['package', join(modules, 'porchlight')], directory)
  const { bin, dependencies, optionalDependencies } = manifestIn(modules)
  for (const name of [...Object.keys(dependencies), ...Object.keys(optionalDependencies)])
    if (existsSync(join(INSTALLED, name))) link(join(INSTALLED, name), join(modules, name))
  symlinkSync(join('../porchlight', bin['porchlight']!), join(modules, '.bin', 'porchlight'))
  return modules
}
function link(target: string, at: string): void {
  mkdirSync(dirname(at), { recursive: true })
  symlinkSync(target, at)
}
const manifestIn = (modules: string): Manifest =>
  JSON.parse(readFileSync(join(modules, 'porchlight', 'package.json'), 'utf8')) as Manifest

test('the package', async (t) => {
  const modules = install(t)
  const porchlight = join(modules, '.bin', 'porchlight')

  await t.test('it holds what runs, and no source of ours but the pages of the extensions', () => {
    const files = readdirSync(join(modules, 'porchlight'), { recursive: true, encoding: 'utf8' })
    for (const file of [
      'dist/main.js',
      'dist/main.d.ts',
      'dist/porchlight.d.ts',
      'dist/storage/sqlite-worker.js',
      'web/dist/index.html',
      'LICENSE',
    ])
      assert(files.includes(file), file)
    assert.deepEqual(
      files.filter((file) => /(?<!\.d)\.ts$|\.test\./.test(file)),
      [],
    )
  })

  await t.test('whatever Node.js starts it, it runs on the one that it has brought', () => {
    const said = run(porchlight, ['version'], modules, OWN_PATH)
    assert.match(said, new RegExp(`^porchlight ${manifestIn(modules).version} on Node\\.js v(2[6-9]|[3-9]\\d)`))
    const config = join(dirname(modules), 'porchlight.toml')
    writeFileSync(config, PORTS.map((option) => `listen.${option} = ${option === 'c2s' ? '["127.0.0.1:0"]' : '[]'}\n`).join('')) // another server may have the usual ones
    assert.match(run(porchlight, ['check', '--config', config], modules, OWN_PATH), /is good\.$/m)
  })

  await t.test('it is a library: the example that has a server inside, as it is', async (t) => {
    const place = dirname(modules)
    writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
    cpSync(join(ROOT, 'examples/embed/app.ts'), join(place, 'app.ts'))
    link(join(INSTALLED, '@types'), join(modules, '@types'))
    link(join(INSTALLED, 'undici-types'), join(modules, 'undici-types'))
    const strict = ['--strict', '--noEmit', '--skipLibCheck', '--module', 'nodenext', '--types', 'node', '--target', 'esnext']
    run('tsc', [...strict, '--ignoreConfig', 'app.ts'], place)
    await playWhoIsIn(t, ['app.ts'], place)
  })

  await t.test('an old Node.js that imports the library gets a sentence, and a new one all that its types promise', async () => {
    const place = dirname(modules)
    const program = `import('porchlight').then((all) => console.log(Object.keys(all).sort().join()), (error) => console.log(error.message))`
    const [old, own] = [run('node', ['-e', program], place, OWN_PATH), run('node', ['-e', program], place)]
    const exported = (await import(join(modules, 'porchlight', 'dist/porchlight.js'))) as object
    assert.equal(own.trim(), Object.keys(exported).toSorted().join())
    if (!/^v2[6-9]/.test(run('node', ['--version'], place, OWN_PATH)))
      assert.match(old, /^The library "porchlight" needs Node\.js 26; this is v\d+\..+ start the application by a script/)
  })

  await t.test('it serves a client', async (t) => {
    const server = await startServer(t, {}, porchlight)
    assert.match(server.banner.join('\n'), /Add users {3}npx porchlight user --config \S+ add/)
    await server.addUser('romeo@localhost', 'but soft')
    const romeo = await xmppJs.come(server, { jid: 'romeo@localhost', password: 'but soft' })
    await romeo.close()
    assert.match((await server.command(['status'])).stdout, /^Porchlight /m)
  })
})
