#!/usr/bin/env node
// Puts the rig's populations straight into a peer's storage: accounts, and (with r > 0 or hubs)
// mutual 'both' rosters, as `loadgen.mjs provision` would make them by protocol but in seconds.
//   node provision.mjs prosody|ejabberd --n=1000 --r=20 [--hubs=10] [--prefix=] [--auth=plain|scram]
// Prosody: any time (files are read at login). ejabberd: needs the node running; restart it after
// (its caches do not see the new rows). Mirrors the graph of lib/graph.mjs.
import { mkdirSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import crypto from 'node:crypto'
import { Graph } from '../lib/graph.mjs'

const o = { n: '1000', r: '20', hubs: '0', prefix: '', auth: 'plain', domain: 'example.test', password: 'secret' }
const server = process.argv[2]
for (const a of process.argv.slice(3)) {
  const m = /^--(\w+)=(.*)$/.exec(a)
  o[m[1]] = m[2]
}
const n = +o.n,
  r = +o.r,
  hubs = +o.hubs,
  prefix = o.prefix || `n${n}r${r}u`
const data = (process.env.PEERS_DATA ?? '/tmp/peers') + '/' + server
const g = r ? new Graph(n, r) : null

const users = []
for (let i = 0; i < n; i++) {
  const c = g ? g.contacts(i).map((k) => `${prefix}${k}`) : []
  for (let k = 0; k < hubs; k++) c.push(`hub${prefix}${k}`)
  users.push([`${prefix}${i}`, c])
}
for (let k = 0; k < hubs; k++) users.push([`hub${prefix}${k}`, Array.from({ length: n }, (_, i) => `${prefix}${i}`)])

const salt = Buffer.from('loadgen-salt-16b'),
  iterations = server === 'prosody' ? 10000 : 4096
const salted = crypto.pbkdf2Sync(o.password, salt, iterations, 20, 'sha1')
const hmac = (d) => crypto.createHmac('sha1', salted).update(d).digest()
const storedKey = crypto.createHash('sha1').update(hmac('Client Key')).digest(),
  serverKey = hmac('Server Key')

if (server === 'prosody') {
  const d = `${data}/data/${o.domain.replaceAll('.', '%2e').replaceAll('-', '%2d')}`
  mkdirSync(`${d}/accounts`, { recursive: true })
  mkdirSync(`${d}/roster`, { recursive: true })
  const account =
    o.auth === 'plain'
      ? `return {\n\t["password"] = "${o.password}";\n};\n`
      : `return {\n\t["stored_key"] = "${storedKey.toString('hex')}";\n\t["server_key"] = "${serverKey.toString('hex')}";\n\t["salt"] = "${salt}";\n\t["iteration_count"] = ${iterations};\n};\n`
  for (const [u, cs] of users) {
    writeFileSync(`${d}/accounts/${u}.dat`, account)
    if (cs.length) {
      const items = cs
        .map((c) => `\t["${c}@${o.domain}"] = {\n\t\t["subscription"] = "both";\n\t\t["groups"] = {};\n\t};\n`)
        .join('')
      writeFileSync(
        `${d}/roster/${u}.dat`,
        `return {\n\t[false] = {\n\t\t["version"] = 1;\n\t\t["pending"] = {};\n\t};\n${items}};\n`,
      )
    }
  }
} else if (server === 'ejabberd') {
  const pw =
    o.auth === 'plain'
      ? `<<"${o.password}">>`
      : `{scram,<<"${storedKey.toString('base64')}">>,<<"${serverKey.toString('base64')}">>,<<"${salt.toString('base64')}">>,sha,${iterations}}`
  const f = `${data}/provision.terms`
  writeFileSync(f, users.map(([u, cs]) => `{<<"${u}">>,[${cs.map((c) => `<<"${c}">>`).join(',')}]}.\n`).join(''))
  const erl = `
    {ok,L}=file:consult("${f}"), N='ejabberd_lg@localhost', S= <<"${o.domain}">>, PW= ${pw},
    W=fun(Rs)-> ok=rpc:call(N,lists,foreach,[fun mnesia:dirty_write/1,Rs],600000) end,
    W([{passwd,{U,S},PW}||{U,_}<-L]),
    lists:foreach(fun({U,Cs})-> W([{roster,{U,S,{C,S,<<>>}},{U,S},{C,S,<<>>},<<>>,both,none,[],<<>>,[]}||C<-Cs]) end,L),
    rpc:call(N,mnesia,dump_log,[],600000), io:format("~p users~n",[length(L)]), halt().`
  const out = execFileSync(
    'erl',
    [
      '-sname',
      `prov${process.pid}@localhost`,
      '-setcookie',
      'lgcookie',
      '-erl_epmd_port',
      '15210',
      '-start_epmd',
      'false',
      '-dist_listen',
      'false',
      '-hidden',
      '-noshell',
      '-eval',
      erl.replace(/\s*\n\s*/g, ' '),
    ],
    { env: { ...process.env, HOME: data } },
  )
  process.stderr.write(out)
} else {
  console.error('usage: provision.mjs prosody|ejabberd --n= --r= [--hubs=] [--prefix=] [--auth=plain|scram]')
  process.exit(2)
}
console.error(`${server}: ${users.length} accounts, ${users.reduce((t, x) => t + x[1].length, 0)} roster items`)
