/** A conversation with one contact. */
import { useEffect, useRef } from 'preact/hooks'
import type { ChatLine } from '../model/board.ts'
import type { BoardSession } from '../session/board-session.ts'

interface Props {
  readonly jid: string
  readonly lines: readonly ChatLine[]
  readonly session: BoardSession
}

export function Chat({ jid, lines, session }: Props) {
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => list.current?.scrollTo({ top: list.current.scrollHeight }), [lines.length])
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const text = String(new FormData(form).get('text')).trim()
    if (text !== '') session.say(jid, text)
    form.reset()
  }
  return (
    <section class="chat" aria-label="Messages">
      <h3>Messages</h3>
      {lines.length === 0 && <p class="more">None yet.</p>}
      <ol ref={list} aria-live="polite" tabIndex={lines.length === 0 ? -1 : 0}>
        {lines.map((line) => (
          <li key={line.id} class={line.mine ? 'mine' : 'theirs'}>
            <span class="who">{line.mine ? 'You' : 'They'}</span> {line.text}
            <time dateTime={line.at.toISOString()}>{line.at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}</time>
            {line.failed && <em>not delivered</em>}
          </li>
        ))}
      </ol>
      <form onSubmit={submit}>
        <label>
          <span class="unseen">Message</span>
          <input name="text" autocomplete="off" placeholder="Write a message" />
        </label>
        <button class="main">Send</button>
      </form>
    </section>
  )
}
