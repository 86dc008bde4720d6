/** `porchlight explain` as a form: why a user sees a contact in the present state. */
import { useState } from 'preact/hooks'
import { ago } from '../model/words.ts'
import type { ExplanationReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

export function Explain({ server }: { readonly server: Server }) {
  const [explanation, setExplanation] = useState<ExplanationReport | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const [watcher, contact] = ['watcher', 'contact'].map((name) => String(form.get(name)).trim())
    try {
      setExplanation(await server.order<ExplanationReport>('explain.presence', { watcher, contact }))
      setTrouble(null)
    } catch (error) {
      setTrouble((error as Error).message)
    }
  }
  return (
    <section aria-label={o.presence.why}>
      <h2>{o.presence.why}</h2>
      <form class="row" onSubmit={(event) => void submit(event)}>
        <label>
          {o.presence.watcher}
          <input name="watcher" required autocomplete="off" />
        </label>
        <label>
          {o.presence.contact}
          <input name="contact" required autocomplete="off" />
        </label>
        <button class="main">{o.presence.explain}</button>
      </form>
      <div role="status">
        {trouble !== null && <p class="trouble">{trouble}</p>}
        {explanation !== null && <Words explanation={explanation} />}
      </div>
    </section>
  )
}

/** An explanation as text. */
export function Words({ explanation: { verdict, resources, reasons, remedies } }: { readonly explanation: ExplanationReport }) {
  const now = new Date()
  return (
    <>
      <p>
        <strong>{verdict}</strong>
      </p>
      {resources.length > 0 && (
        <ul class="troubles" aria-label={o.presence.known}>
          {resources.map(({ jid, confidence, confirmedAt, confirmedBy }) => (
            <li key={jid}>
              {jid}: {confidence.replaceAll('-', ' ')}{' '}
              <span class="more">
                {confirmedAt === null
                  ? o.presence.neverConfirmed
                  : o.presence.confirmed(confirmedBy ?? '', ago(new Date(confirmedAt), now))}
              </span>
            </li>
          ))}
        </ul>
      )}
      <ul class="troubles">
        {reasons.map(({ about, words, since }) => (
          <li key={`${words}${since}`}>
            {words} {since !== null && <span class="more">{when(about, ago(new Date(since), now))}</span>}
          </li>
        ))}
      </ul>
      {remedies.length > 0 && <p>{o.presence.remedies(remedies.join(' '))}</p>}
    </>
  )
}

/** An event happened at a time; any other fact has been true since then. */
const when = (about: string, time: string): string => (about === 'history' ? time : o.presence.since(time))
