/**
 * A program on a real terminal, through tmux in control mode: keys go in, and tmux says when something was drawn, so
 * that waiting for a text on the screen needs no sleep.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { owned } from './owned.ts'
import { within } from './within.ts'

const COLUMNS = 200
/** Enough for a whole test: what has scrolled away is not on the screen. */
const ROWS = 150
const PATIENCE_MS = 20_000

interface Reply {
  readonly ok: boolean
  readonly lines: readonly string[]
}

export interface TerminalOptions {
  /** A path for tmux's socket, that nobody else uses. */
  readonly socket: string
  /** What runs on the terminal, for the shell. */
  readonly command: string
  readonly environment: Readonly<Record<string, string>>
  readonly directory: string
}

export class Terminal {
  readonly #tmux: ChildProcess
  readonly #exit: Promise<unknown>
  readonly #pidFile: string
  readonly #events = new EventEmitter()
  /** Of commands in the order in which they were sent; tmux answers in that order. */
  readonly #awaited: ((reply: Reply) => void)[] = []
  #block: string[] | null = null
  #closed = false
  /** Counts what was drawn, so that nothing drawn during a look at the screen is missed. */
  #drawn = 0

  private constructor({ socket, command, environment, directory }: TerminalOptions) {
    this.#pidFile = `${socket}.pid`
    // Below a shell: tmux wakes its own children when they are stopped.
    const below = `sh -c ${quoted(`echo $$ > ${this.#pidFile}; exec ${command}`)}; true`
    const size = ['-x', String(COLUMNS), '-y', String(ROWS)]
    const args = ['-S', socket, '-f', '/dev/null', '-C', 'new-session', ...size, below]
    const env = { ...process.env, ...environment, SHELL: '/bin/sh' }
    this.#tmux = owned(spawn('tmux', args, { stdio: 'pipe', cwd: directory, env }))
    this.#exit = once(this.#tmux, 'exit')
    this.#tmux.stdin!.on('error', () => {}) // it has ended meanwhile
    createInterface({ input: this.#tmux.stdout! }).on('line', (line) => this.#hear(line))
  }

  static async open(options: TerminalOptions): Promise<Terminal> {
    const terminal = new Terminal(options)
    await terminal.#reply() // to new-session itself
    // However the test ends: tmux's server, a process of its own, ends with it, and so does the program.
    await terminal.#ask('set-option -s exit-unattached on')
    await terminal.#ask(`refresh-client -C ${COLUMNS}x${ROWS}`)
    return terminal
  }

  /** Types a line and Enter. */
  async type(line: string): Promise<void> {
    await this.#ask(`send-keys -l ${quoted(line)}`)
    await this.#ask('send-keys Enter')
  }
  /** A key by tmux's name for it, such as C-c. */
  async press(key: string): Promise<void> {
    await this.#ask(`send-keys ${key}`)
  }
  async screen(): Promise<string> {
    return (await this.#ask('capture-pane -p')).lines.join('\n')
  }
  /** Looks at the screen, and again whenever something is drawn, until `find` finds there what it wants, not null. */
  async until<T>(what: string, find: (screen: string) => T | null): Promise<T> {
    let screen = ''
    const look = async (): Promise<T> => {
      for (;;) {
        const drawn = this.#drawn
        screen = await this.screen()
        const found = find(screen)
        if (found !== null) return found
        if (drawn === this.#drawn) await once(this.#events, 'drawn')
      }
    }
    return within(PATIENCE_MS, () => `${what} on the screen:\n${screen.replace(/\s*\n\s*\n/g, '\n')}`, look())
  }
  /** The match of `pattern`, as soon as the screen shows it. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(String(pattern), (screen) => pattern.exec(screen))
  }
  /** SIGSTOP for the program: it runs no more, and all that it has open stays. */
  freeze(): void {
    process.kill(this.#pid(), 'SIGSTOP')
  }
  /** SIGKILL for the program, and the terminal goes with it. */
  async close(): Promise<void> {
    if (!this.#closed && this.#tmux.exitCode === null && existsSync(this.#pidFile)) process.kill(this.#pid(), 'SIGKILL')
    this.#closed = true
    // Whatever the program has started holds the terminal too.
    this.#tmux.stdin!.write('kill-server\n')
    await within(PATIENCE_MS, 'tmux to end', this.#exit)
  }
  #pid(): number {
    return Number(readFileSync(this.#pidFile, 'utf8'))
  }

  async #ask(command: string): Promise<Reply> {
    const reply = this.#reply()
    this.#tmux.stdin!.write(`${command}\n`)
    const answer = await within(PATIENCE_MS, `tmux to answer ${command}`, reply)
    if (!answer.ok) throw new Error(`tmux: ${command}: ${answer.lines.join(' ')}`)
    return answer
  }
  #reply(): Promise<Reply> {
    return new Promise((resolve) => void this.#awaited.push(resolve))
  }
  #hear(line: string): void {
    if (this.#block !== null) {
      if (!/^%(end|error) /.test(line)) return void this.#block.push(line)
      const lines = this.#block
      this.#block = null
      this.#awaited.shift()?.({ ok: line.startsWith('%end'), lines })
    } else if (line.startsWith('%begin ')) this.#block = []
    else if (line.startsWith('%output ')) {
      this.#drawn += 1
      this.#events.emit('drawn')
    }
  }
}

/** As one word of a tmux command. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
