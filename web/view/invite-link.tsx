/** An invitation for somebody else: a link, and the same as a QR code. */
import { useEffect, useState } from 'preact/hooks'
import type { Board } from '../model/board.ts'
import type { BoardSession } from '../session/board-session.ts'
import type { MadeInvitation } from '../session/inviting.ts'
import { locale, w } from '../words/index.ts'
import { QrCode } from './qr-code.tsx'
import { Sheet, SheetOpener } from './sheet.tsx'

/** The button that opens the form, if the server lets the person invite. */
export function InviteOpener({ board, session }: { readonly board: Board; readonly session: BoardSession }) {
  const [isPossible, setPossible] = useState(false)
  useEffect(() => void session.inviting.isPossible().then(setPossible), [session])
  return isPossible ? <SheetOpener kind="invite" title={w.invite.title} board={board} session={session} /> : null
}

export function InviteSheet({ session }: { readonly session: BoardSession }) {
  const [made, setMade] = useState<MadeInvitation | string | null>(null)
  return (
    <Sheet title={w.invite.title} kind="invite" session={session}>
      <p class="more">{w.invite.hint}</p>
      <button class="main" onClick={() => void session.inviting.make().then(setMade)}>
        {w.invite.button}
      </button>
      <div role="status">
        {typeof made === 'string' && <p class="trouble">{made}</p>}
        {made !== null && typeof made !== 'string' && <Links key={made.uri} made={made} />}
      </div>
    </Sheet>
  )
}

function Links({ made: { uri, page, expiresAt } }: { readonly made: MadeInvitation }) {
  return (
    <>
      {page === null ? <p class="meaning">{w.invite.noPage}</p> : <Link title={w.invite.page} text={page} />}
      <Link title={w.invite.uri} text={uri} />
      {expiresAt !== null && (
        <p class="more">{w.invite.until(expiresAt.toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' }))}</p>
      )}
      <QrCode text={page ?? uri} label={page === null ? w.invite.uriCode : w.invite.code} />
    </>
  )
}

function Link({ title, text }: { readonly title: string; readonly text: string }) {
  const [said, say] = useState('')
  const copy = (): Promise<void> =>
    // Not every browser has it on pages without https
    (navigator.clipboard as Clipboard | undefined)?.writeText(text) ?? Promise.reject(new Error('No clipboard'))
  return (
    <div class="link">
      <label>
        {title}
        <input readOnly value={text} onFocus={(event) => event.currentTarget.select()} />
      </label>
      <button
        onClick={() =>
          void copy().then(
            () => say(w.invite.copied),
            () => say(w.invite.notCopied),
          )
        }
        aria-label={`${w.invite.copy}: ${title}`}
      >
        {w.invite.copy}
      </button>
      <span class="more">{said}</span>
    </div>
  )
}
