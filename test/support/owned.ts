/**
 * What a test has started does not outlive it, however it ends: not even when its process is killed. A shell in a
 * session of its own waits for the end of a pipe that only the test's process holds, and kills what is left then.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'

/** Each line names all processes that run. */
const KEEPER = 'while read -r line; do pids=$line; done; test -z "$pids" || kill -KILL $pids'

const running = new Set<number>()
let keeper: Socket | null = null

function tell(): void {
  if (keeper === null) {
    const shell = spawn('/bin/sh', ['-c', KEEPER], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    keeper = shell.stdin as Socket
    shell.unref()
    keeper.unref()
  }
  keeper.write(`${[...running].join(' ')}\n`)
}

/** `child`, which is killed when this process ends before it. */
export function owned<C extends ChildProcess>(child: C): C {
  const { pid } = child
  if (pid === undefined) return child // could not be started: its event says why
  running.add(pid)
  tell()
  child.once('exit', () => {
    running.delete(pid)
    tell()
  })
  return child
}
