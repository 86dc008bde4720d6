// What a server's process tree costs, read from /proc: CPU (user + system, exited children
// that were waited for included) and memory (PSS and RSS).
import { readFileSync, readdirSync } from 'node:fs'

const TICK_MS = 10 // CLK_TCK is 100 on every Linux we meet

function stat(pid) {
  let s
  try {
    s = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return null
  }
  const f = s.slice(s.lastIndexOf(')') + 2).split(' ')
  return { ppid: +f[1], user: +f[11], sys: +f[12], cuser: +f[13], csys: +f[14] }
}

/** pids of the tree rooted at each of `roots` */
export function tree(roots) {
  const kids = new Map()
  for (const d of readdirSync('/proc')) {
    if (d.charCodeAt(0) > 57 || d.charCodeAt(0) < 48) continue
    const st = stat(d)
    if (!st) continue
    if (!kids.has(st.ppid)) kids.set(st.ppid, [])
    kids.get(st.ppid).push(+d)
  }
  const out = [],
    todo = [...roots]
  while (todo.length) {
    const p = todo.pop()
    out.push(p)
    for (const k of kids.get(p) ?? []) todo.push(k)
  }
  return out
}

/** CPU of the tree in ms: {user, sys, total} */
export function cpu(roots) {
  let user = 0,
    sys = 0
  for (const p of tree(roots)) {
    const s = stat(p)
    if (!s) continue
    user += s.user + s.cuser
    sys += s.sys + s.csys
  }
  return { user: user * TICK_MS, sys: sys * TICK_MS, total: (user + sys) * TICK_MS }
}

/** memory of the tree in KiB: {pss, rss, procs} */
export function mem(roots) {
  let pss = 0,
    rss = 0,
    procs = 0
  for (const p of tree(roots)) {
    let s
    try {
      s = readFileSync(`/proc/${p}/smaps_rollup`, 'latin1')
    } catch {
      continue
    }
    procs++
    pss += +(/^Pss:\s+(\d+)/m.exec(s)?.[1] ?? 0)
    rss += +(/^Rss:\s+(\d+)/m.exec(s)?.[1] ?? 0)
  }
  return { pss, rss, procs }
}

/** the whole machine's CPU in ms since boot: {busy, steal, idle} */
export function machine() {
  const f = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0].trim().split(/\s+/).slice(1).map(Number)
  return { busy: (f[0] + f[1] + f[2] + f[5] + f[6]) * TICK_MS, steal: f[7] * TICK_MS, idle: (f[3] + f[4]) * TICK_MS }
}

/** A fixed piece of single-thread work; its time in ms tells how fast this core is just now. */
export function calibrate() {
  const t = process.cpuUsage()
  let x = 1
  for (let i = 0; i < 3e7; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0
  const d = process.cpuUsage(t)
  return x === 0.5 ? 0 : (d.user + d.system) / 1000
}
