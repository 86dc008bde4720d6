/** `porchlight explain` as a form: why a user sees a contact in the present state. */
import { useState } from 'preact/hooks'
import { ago } from '../model/words.ts'
import type { ExplanationReport } from './reports.ts'
import type { Server } from './server.ts'

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
    <section aria-label="Why does somebody see this?">
      <h2>Why does somebody see this?</h2>
      <form class="row" onSubmit={(event) => void submit(event)}>
        <label>
          Who looks
          <input name="watcher" required autocomplete="off" />
        </label>
        <label>
          At whom
          <input name="contact" required autocomplete="off" />
        </label>
        <button class="main">Explain</button>
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
        <ul class="troubles" aria-label="How well it is known">
          {resources.map(({ jid, confidence, confirmedAt, confirmedBy }) => (
            <li key={jid}>
              {jid}: {confidence.replaceAll('-', ' ')}{' '}
              <span class="more">
                {confirmedAt === null ? 'never confirmed' : `last confirmed by ${confirmedBy} ${ago(new Date(confirmedAt), now)}`}
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
      {remedies.length > 0 && <p>What would change it: {remedies.join(' ')}</p>}
    </>
  )
}

/** An event happened at a time; any other fact has been true since then. */
const when = (about: string, time: string): string => (about === 'history' ? time : `since ${time}`)
