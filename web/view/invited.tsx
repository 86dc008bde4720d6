/** The page of an invitation: who invites, a form for the account, and the link for an XMPP client. */
import { useEffect, useState } from 'preact/hooks'
import { lookAt, makeAccount, type InvitationReport } from '../session/invitation.ts'
import { inviteDe } from '../words/de-invite.ts'
import { inviteEn } from '../words/en-invite.ts'
import { inLanguage, locale } from '../words/language.ts'

const w = inLanguage({ en: inviteEn, de: inviteDe })

export function Invited({ token }: { readonly token: string }) {
  const [report, setReport] = useState<InvitationReport | 'gone' | null>(null)
  const [jid, setJid] = useState<string | null>(null)
  useEffect(() => void lookAt(token).then((found) => setReport(found ?? 'gone')), [token])
  if (report === null) return null
  return (
    <main>
      <h1>{w.title}</h1>
      {report === 'gone' ? (
        <p role="alert">{w.gone}</p>
      ) : jid !== null ? (
        <Welcome jid={jid} inviter={report.inviter} />
      ) : (
        <Offer token={token} report={report} made={setJid} />
      )}
    </main>
  )
}

interface OfferProps {
  readonly token: string
  readonly report: InvitationReport
  readonly made: (jid: string) => void
}
function Offer({ token, report, made }: OfferProps) {
  const { inviter, domain, makesAccount, uri, expiresAt } = report
  return (
    <>
      <p>
        {inviter === null ? w.invited : w.invites(inviter)} <strong>{domain}</strong>.
      </p>
      {makesAccount && <NewAccount token={token} report={report} made={made} />}
      <p>
        {makesAccount ? w.openInstead : w.open} <a href={uri}>{inviter === null ? w.register(domain) : w.add(inviter)}</a>
      </p>
      <p class="more">{w.until(new Date(expiresAt).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' }))}</p>
    </>
  )
}

function NewAccount({ token, report: { name, domain }, made }: OfferProps) {
  const [trouble, setTrouble] = useState<string | null>(null)
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const wanted = name === '' ? String(form.get('name')).trim() : name
    const outcome = await makeAccount(token, wanted, String(form.get('password')))
    if ('jid' in outcome) made(outcome.jid)
    else setTrouble(outcome.error)
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label>
        {w.name(domain)}
        <input name="name" required autocomplete="username" defaultValue={name} readOnly={name !== ''} />
      </label>
      <label>
        {w.password}
        <input name="password" type="password" required minLength={8} autocomplete="new-password" />
      </label>
      <button class="main">{w.button}</button>
      <p role="alert" class="trouble">
        {trouble}
      </p>
    </form>
  )
}

function Welcome({ jid, inviter }: { readonly jid: string; readonly inviter: string | null }) {
  return (
    <>
      <p>
        {w.address} <strong>{jid}</strong>.{inviter !== null && ` ${w.firstContact(inviter)}`}
      </p>
      <p>
        {w.logIn} <a href="/">{w.here}</a>.
      </p>
    </>
  )
}
