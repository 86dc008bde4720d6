/**
 * Files in a folder: `ab/abcdef...` for the file `abcdef...`, so that no directory becomes large. A file is written in
 * `incoming/`, and moved to its place when all of it is on disk.
 */
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FileStore, OpenFile } from '../server/files.ts'
import { OperatingError } from '../server/ports.ts'

const PIECE_OCTETS = 65_536
/** The disk has no room, or the user of the server may use no more of it. */
const FULL: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG']

export class FileFolder implements FileStore {
  readonly #directory: string
  /** Resolves when the folder is ready for writing; null before the first write. */
  #ready: Promise<unknown> | null = null

  /** @param directory it is created when the first file is written */
  constructor(directory: string) {
    this.#directory = directory
  }
  async write(name: string, pieces: AsyncIterable<Buffer>): Promise<void> {
    const incoming = join(this.#directory, INCOMING, name)
    const place = this.#placeOf(name)
    await passing(() => (this.#ready ??= this.#prepare()))
    try {
      const file = await passing(() => open(incoming, 'w', 0o600))
      try {
        for await (const piece of pieces) await passing(() => writeAll(file, piece))
        await passing(() => file.sync())
      } finally {
        await file.close()
      }
      await passing(async () => {
        await mkdir(dirname(place), { recursive: true, mode: 0o700 })
        await rename(incoming, place)
        await syncDirectory(dirname(place))
      })
    } catch (error) {
      await rm(incoming, { force: true })
      throw error
    }
  }
  async open(name: string): Promise<OpenFile | null> {
    try {
      return new OpenedFile(await open(this.#placeOf(name), 'r'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }
  async remove(name: string): Promise<void> {
    await rm(this.#placeOf(name), { force: true })
  }

  #placeOf(name: string): string {
    return join(this.#directory, name.slice(0, 2), name)
  }
  /** What is in `incoming/` was left by a server that died. */
  async #prepare(): Promise<void> {
    const incoming = join(this.#directory, INCOMING)
    await mkdir(incoming, { recursive: true, mode: 0o700 })
    for (const left of await readdir(incoming)) await rm(join(incoming, left), { force: true })
  }
}

/** The directory of files that are not complete. Its name is longer than those of the others. */
export const INCOMING = 'incoming'

class OpenedFile implements OpenFile {
  readonly #file: FileHandle

  constructor(file: FileHandle) {
    this.#file = file
  }
  async *read(start: number, end: number): AsyncGenerator<Buffer, void> {
    try {
      for (let at = start; at < end;) {
        const buffer = Buffer.allocUnsafe(Math.min(PIECE_OCTETS, end - at))
        const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, at)
        if (bytesRead === 0) throw new OperatingError('A file is shorter than it was')
        yield buffer.subarray(0, bytesRead)
        at += bytesRead
      }
    } finally {
      await this.close()
    }
  }
  close(): Promise<void> {
    return this.#file.close()
  }
}

async function writeAll(file: FileHandle, octets: Buffer): Promise<void> {
  for (let at = 0; at < octets.length;) at += (await file.write(octets, at)).bytesWritten
}

/** Some systems cannot do this with a directory; there the rename is as safe as it can be. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => null)
  await directory?.sync().catch(() => {})
  await directory?.close()
}

/** @throws OperatingError for an error of the file system */
async function passing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new OperatingError(`A file could not be stored (${message})`, FULL.includes(code))
  }
}
