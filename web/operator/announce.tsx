/** A message to everybody who is online. */
import { useState } from 'preact/hooks'
import { useGiving } from './giving.ts'
import { Panel } from './panel.tsx'
import type { Server } from './server.ts'
import { o } from './words.ts'

export function Announce({ server, mayChange }: { readonly server: Server; readonly mayChange: boolean }) {
  const { failure, give } = useGiving(server)
  const [sent, setSent] = useState<number | null>(null)
  if (!mayChange) return null
  const announce = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const text = String(new FormData(form).get('announcement'))
    const done = await give<{ readonly sessions: number }>('announce', { text, domain: null })
    setSent(done?.sessions ?? null)
    if (done !== null) form.reset()
  }
  return (
    <Panel title={o.announce.title} trouble={failure}>
      <form class="row" onSubmit={(event) => void announce(event)} aria-label={o.announce.form}>
        <label>
          {o.announce.text}
          <textarea name="announcement" required maxLength={4000} rows={2} />
        </label>
        <button>{o.announce.send}</button>
      </form>
      {sent !== null && <p role="status">{o.announce.sent(sent)}</p>}
    </Panel>
  )
}
