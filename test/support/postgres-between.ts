/** What breaks connections between a server and its PostgreSQL. */
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** Between a server and its database: a commit may go no further, or its answer may not come back. */
export class Between {
  /** What happens to the next commit. */
  next: 'pass' | 'lose-commit' | 'lose-answer' = 'pass'
  url = ''
  /** New connections are refused, once the one with the next commit has broken. */
  isAway = false
  readonly #open = new Set<() => void>()
  #server: Server | null = null

  static async start(t: TestContext, url: string): Promise<Between> {
    const between = new Between()
    const directory = await mkdtemp(join(tmpdir(), 'porchlight-between-'))
    const name = '.s.PGSQL.5432'
    const beyond = join(new URL(url).searchParams.get('host')!, name)
    between.#server = createServer((near) =>
      between.isAway && between.next === 'pass' ? near.destroy() : between.#join(near, connect(beyond)),
    )
    await new Promise<void>((resolve) => between.#server!.listen(join(directory, name), resolve))
    t.after(async () => {
      between.#server!.close()
      await rm(directory, { recursive: true })
    })
    const own = new URL(url)
    own.searchParams.set('host', directory)
    between.url = own.href
    return between
  }
  /** All connections break, as when a process ends. */
  sever(): void {
    this.isAway = true
    for (const end of this.#open) end()
  }
  #join(near: Socket, far: Socket): void {
    let isDeaf = false
    const end = (): void => {
      this.#open.delete(end)
      near.destroy()
      far.destroy()
    }
    this.#open.add(end)
    near.on('error', end).on('close', end)
    far.on('error', end).on('close', end)
    near.on('data', (data) => {
      if (this.next === 'pass' || !data.includes('commit')) return void far.write(data)
      if (this.next === 'lose-commit') end()
      else far.write(data)
      isDeaf = this.next === 'lose-answer'
      this.next = 'pass'
    })
    far.on('data', (data) => (isDeaf ? end() : near.write(data)))
  }
}
