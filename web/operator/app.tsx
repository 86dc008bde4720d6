/** The operator's page: the role of the login, the list of pages, and the page that is shown. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { PageName, Route } from '../model/route.ts'
import { Announce } from './announce.tsx'
import { Archives } from './archives.tsx'
import { Attention } from './attention.tsx'
import { Changes } from './changes.tsx'
import { Domains } from './domains.tsx'
import { Doubts } from './doubts.tsx'
import { Explain } from './explain.tsx'
import { Failures } from './failures.tsx'
import { Costs, Troubles } from './findings.tsx'
import { Files } from './files.tsx'
import { Groups } from './groups.tsx'
import { Invitations } from './invitations.tsx'
import { Links } from './links.tsx'
import { Navigation, useRoute } from './navigation.tsx'
import { OneAccount } from './one-account.tsx'
import { Overview } from './overview.tsx'
import { Rooms } from './rooms.tsx'
import type { Role, Server } from './server.ts'
import { Sessions } from './sessions.tsx'
import { UserReports } from './user-reports.tsx'
import { Users } from './users.tsx'
import { o } from './words.ts'

export function OperatorApp({ server, ticket }: { readonly server: Server; readonly ticket: string }) {
  const [role, setRole] = useState<Role | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const route = useRoute()
  useEffect(() => {
    server.login(ticket).then(setRole, (error: unknown) => setTrouble((error as Error).message))
  }, [server, ticket])
  if (role === null) return <NotIn trouble={trouble} />
  const leave = (): void =>
    void server.logout().then(
      () => location.reload(),
      (error: Error) => setTrouble(error.message),
    )
  return (
    <div class="page operator">
      <header>
        <h1>{o.title}</h1>
        <p>
          {o.role[role]} <button onClick={leave}>{o.signOut}</button>
        </p>
        <p role="status" class="trouble">
          {trouble}
        </p>
        <Navigation page={route.page} />
      </header>
      <Main server={server} mayChange={role === 'operator'} route={route} />
    </div>
  )
}

interface PageProps {
  readonly server: Server
  readonly mayChange: boolean
  readonly route: Route
}

/** After a change of page by keyboard, the focus is at the beginning of the new page. */
function Main(props: PageProps) {
  const { page } = props.route
  const main = useRef<HTMLElement>(null)
  const before = useRef(page)
  useEffect(() => {
    document.title = `${o.page[page]} – Porchlight`
    if (before.current !== page) main.current?.focus()
    before.current = page
  }, [page])
  const Content = CONTENTS[page]
  return (
    <main ref={main} tabIndex={-1} aria-label={o.page[page]}>
      <Content {...props} />
    </main>
  )
}

const CONTENTS: Readonly<Record<PageName, (props: PageProps) => preact.JSX.Element>> = {
  overview: ({ server }) => (
    <>
      <Attention server={server} />
      <Overview server={server} />
      <Changes server={server} />
    </>
  ),
  sessions: (props) => (
    <>
      <Sessions {...props} />
      <Announce {...props} />
    </>
  ),
  accounts: (props) => {
    const { jid } = props.route.options
    if (jid !== undefined) return <OneAccount key={jid} {...props} jid={jid} />
    return (
      <>
        <Users {...props} />
        <Groups {...props} />
        <Invitations {...props} />
      </>
    )
  },
  rooms: Rooms,
  archive: Archives,
  files: ({ server }) => <Files server={server} />,
  links: (props) => (
    <>
      <Links {...props} />
      <Domains {...props} />
    </>
  ),
  presence: ({ server }) => (
    <>
      <Explain server={server} />
      <Doubts server={server} />
      <Costs server={server} />
    </>
  ),
  troubles: ({ server, mayChange }) => (
    <>
      <Troubles server={server} />
      <Failures server={server} />
      <UserReports server={server} mayChange={mayChange} />
    </>
  ),
}

function NotIn({ trouble }: { readonly trouble: string | null }) {
  return (
    <main class="sign-in">
      <h1>{o.title}</h1>
      {trouble !== null && (
        <>
          <p role="alert" class="trouble">
            {trouble}
          </p>
          <p>
            {o.howToComeIn[0]}
            <code>porchlight admin</code>
            {o.howToComeIn[1]}
          </p>
        </>
      )}
    </main>
  )
}
