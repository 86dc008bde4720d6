/** The invitations: make one and see its links, once; list them, and take them back. */
import { useState } from 'preact/hooks'
import { QrCode } from '../view/qr-code.tsx'
import { locale } from '../words/language.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { InvitationReport, NewInvitationReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

interface Props {
  readonly server: Server
  readonly mayChange: boolean
}

export function Invitations({ server, mayChange }: Props) {
  const { result, trouble, refresh } = useOrder<readonly InvitationReport[]>(server, 'invite.list')
  const [made, setMade] = useState<NewInvitationReport | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const order = async <T,>(command: string, args: Readonly<Record<string, unknown>>): Promise<T | null> => {
    const outcome = await server.order<T>(command, args).then(
      (value) => ({ value, wrong: null }),
      (error: Error) => ({ value: null, wrong: error.message }),
    )
    setFailure(outcome.wrong)
    refresh()
    return outcome.value
  }
  const create = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    const text = (name: string): string => String(data.get(name)).trim()
    const inviter = text('inviter') === '' ? null : text('inviter')
    const rest = { domain: null, name: '', account: true, lifetime: null, note: text('note') }
    setMade(await order<NewInvitationReport>('invite.create', { ...rest, inviter, uses: Number(text('uses')) }))
  }
  return (
    <Panel title={o.invitations.title} trouble={failure ?? trouble}>
      {mayChange && (
        <form class="row" onSubmit={(event) => void create(event)} aria-label={o.invitations.newOne}>
          <label>
            {o.invitations.uses}
            <input name="uses" type="number" min="1" max="10000" defaultValue="1" required />
          </label>
          <label>
            {o.invitations.inviter}
            <input name="inviter" placeholder={o.invitations.nobody} autocomplete="off" />
          </label>
          <label>
            {o.invitations.note}
            <input name="note" maxLength={200} autocomplete="off" />
          </label>
          <button class="main">{o.invitations.invite}</button>
        </form>
      )}
      {made !== null && <Links made={made} />}
      <ul class="users invitations">
        {result?.map((one) => (
          <li key={one.id}>
            <span>
              {one.note === '' ? one.id : one.note} <span class="more">{wordsOf(one)}</span>
            </span>
            {mayChange && (
              <button
                aria-label={o.invitations.takeBackOf(one.id)}
                onClick={() => void order('invite.revoke', { id: one.id }).then(() => setMade(null))}
              >
                {o.invitations.takeBack}
              </button>
            )}
          </li>
        ))}
      </ul>
      {result?.length === 0 && <p class="empty">{o.none}</p>}
    </Panel>
  )
}

function Links({ made: { page, uri } }: { readonly made: NewInvitationReport }) {
  return (
    <div role="status" class="invite-links">
      <p>{o.invitations.copyNow}</p>
      {page === null ? <p class="more">{o.invitations.noPage}</p> : <p>{page}</p>}
      <p>{uri}</p>
      <QrCode text={page ?? uri} label={o.invitations.code} />
    </div>
  )
}

function wordsOf({ inviter, domain, name, makesAccount, usesMax, uses, expiresAt }: InvitationReport): string {
  return [
    makesAccount ? o.invitations.account(name, domain) : o.invitations.noAccount,
    ...(inviter === null ? [] : [o.invitations.from(inviter)]),
    o.invitations.used(uses, usesMax),
    o.invitations.until(new Date(expiresAt).toLocaleDateString(locale)),
  ].join(', ')
}
