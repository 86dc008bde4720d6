/** Sends a file to the server, tells how much has gone, and hands its address on. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { BoardSession } from '../session/board-session.ts'
import { locale, w } from '../words/index.ts'

interface Props {
  readonly session: BoardSession
  /** The file is there, under this address. */
  readonly share: (url: string) => void
}
interface Going {
  readonly name: string
  readonly share: number
}

export function Attach({ session, share }: Props) {
  const [going, setGoing] = useState<Going | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const stop = useRef<AbortController | null>(null)
  useEffect(() => () => stop.current?.abort(), [])
  const send = async (file: File): Promise<void> => {
    const stopper = (stop.current = new AbortController())
    setTrouble(null)
    setGoing({ name: file.name, share: 0 })
    const sent = await session.uploads.send(file, (part) => setGoing({ name: file.name, share: part }), stopper.signal)
    setGoing(null)
    if (sent !== null && 'url' in sent) share(sent.url)
    else setTrouble(sent?.refusal ?? null)
  }
  const choose = ({ currentTarget: field }: { readonly currentTarget: HTMLInputElement }): void => {
    const [file] = field.files ?? []
    if (file !== undefined) void send(file)
    field.value = ''
  }
  return (
    <div class="attach">
      {going === null ? (
        <label>
          {w.files.send}
          <input class="unseen" name="file" type="file" onChange={choose} />
        </label>
      ) : (
        <p role="status">
          <bdi>{w.files.sending(going.name)}</bdi> <progress value={going.share} aria-label={w.files.sending(going.name)} />{' '}
          {going.share.toLocaleString(locale, { style: 'percent' })}{' '}
          <button type="button" class="small" onClick={() => stop.current?.abort()}>
            {w.files.stop}
          </button>
        </p>
      )}
      {trouble !== null && (
        <p role="alert" class="trouble">
          {trouble}
        </p>
      )}
    </div>
  )
}
