/**
 * XEP-0363: files that the person sends. The policy of the page lets it talk only with its own address, so the file goes there: the
 * web port takes uploads under the path that the slot names, whatever name of the server the slot has in front of it.
 */
import type { Agent } from 'stanza'
import type { Board } from '../model/board.ts'
import { sharedFile, sizeWords } from '../model/shared-file.ts'
import type { Store } from '../model/store.ts'
import { clockTime, sentence } from '../model/words.ts'
import { locale, w } from '../words/index.ts'
import { bareOf, whyNot } from './stanzas.ts'

/** The library declares the last one under another name than it gives it. */
interface UploadError {
  readonly httpUploadMaxFileSize?: number
  readonly httpUploadRetry?: Date
}
interface Service {
  readonly jid: string
  /** Octets. */
  readonly sizeMax: number
}
/** The address of the file for others, or why it was not sent; null if the person has stopped it. */
export type Sent = { readonly url: string } | { readonly refusal: string } | null

export class Uploads {
  readonly #store: Store<Board>
  #client: Agent | null = null
  #service: Promise<Service | null> | null = null

  constructor(store: Store<Board>) {
    this.#store = store
  }
  use(client: Agent): void {
    this.#client = client
    this.#service = null
    const domain = bareOf(client.config.jid ?? '').split('@')[1] ?? ''
    this.#homes([domain, location.hostname])
  }
  /** @param progress is told how much of it has gone, from 0 to 1 */
  async send(file: File, progress: (share: number) => void, stop: AbortSignal): Promise<Sent> {
    const client = this.#client!
    this.#service ??= serviceOf(client)
    const service = await this.#service
    if (service === null) {
      this.#service = null // it may be there later
      return { refusal: w.files.noService }
    }
    if (file.size > service.sizeMax) return { refusal: tooLarge(service.sizeMax) }
    if (file.size === 0) return { refusal: w.files.empty }
    const request = { name: file.name, size: file.size, ...(file.type === '' ? {} : { mediaType: file.type }) }
    const slot = await client.getUploadSlot(service.jid, request).catch((error: unknown) => refusalOf(error))
    if (typeof slot === 'string') return { refusal: slot }
    const url = slot.download
    this.#homes([new URL(url).hostname])
    const here = sharedFile(url, this.#store.value.homes)?.here ?? null
    if (here === null) return { refusal: w.files.elsewhere(new URL(url).host) }
    return put(here, file, progress, stop, url)
  }
  #homes(hosts: readonly string[]): void {
    this.#store.update((board) => ({ ...board, homes: new Set([...board.homes, ...hosts]) }))
  }
}

async function serviceOf(client: Agent): Promise<Service | null> {
  const found = await client.getUploadService(client.config.server).catch(() => null)
  return found === null ? null : { jid: found.jid, sizeMax: found.maxSize ?? Infinity }
}
const tooLarge = (octets: number): string => w.files.tooLarge(sizeWords(octets, locale))

function refusalOf(failure: unknown): string {
  const error = (failure as { error?: UploadError }).error
  const retry = error?.httpUploadRetry
  if (error?.httpUploadMaxFileSize !== undefined) return tooLarge(error.httpUploadMaxFileSize)
  if (retry !== undefined) return w.files.full(clockTime(retry, new Date()))
  return sentence(w.files.refused(whyNot(failure)))
}

/** Not `fetch`, which does not tell how much has gone. */
function put(path: string, file: File, progress: (share: number) => void, stop: AbortSignal, url: string): Promise<Sent> {
  const request = new XMLHttpRequest()
  const { promise, resolve } = Promise.withResolvers<Sent>()
  stop.addEventListener('abort', () => request.abort())
  request.upload.addEventListener('progress', ({ loaded, total }) => progress(total === 0 ? 0 : loaded / total))
  request.addEventListener('load', () => resolve(request.status === 201 ? { url } : { refusal: answerWords(request, url) }))
  request.addEventListener('error', () => resolve({ refusal: sentence(w.files.refused(w.trouble.connectionLost)) }))
  request.addEventListener('abort', () => resolve(null))
  request.open('PUT', path)
  request.send(file)
  return promise
}
function answerWords({ status, responseText }: XMLHttpRequest, url: string): string {
  // The server keeps its files at a port of their own
  if (status === 404) return w.files.elsewhere(new URL(url).host)
  return sentence(w.files.refused(responseText.trim() || String(status)))
}
