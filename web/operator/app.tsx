/** The operator's page: the role of the login, the list of pages, and the page that is shown. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { PageName, Route } from '../model/route.ts'
import { Attention } from './attention.tsx'
import { Doubts } from './doubts.tsx'
import { Explain } from './explain.tsx'
import { Failures } from './failures.tsx'
import { Costs, Troubles } from './findings.tsx'
import { Links } from './links.tsx'
import { Navigation, TITLES, useRoute } from './navigation.tsx'
import { Overview } from './overview.tsx'
import { Rooms } from './rooms.tsx'
import type { Role, Server } from './server.ts'
import { Sessions } from './sessions.tsx'
import { Users } from './users.tsx'

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
        <h1>Porchlight: operator</h1>
        <p>
          You are here as {role}. <button onClick={leave}>Sign out</button>
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
    document.title = `${TITLES[page]} – Porchlight`
    if (before.current !== page) main.current?.focus()
    before.current = page
  }, [page])
  const Content = CONTENTS[page]
  return (
    <main ref={main} tabIndex={-1} aria-label={TITLES[page]}>
      <Content {...props} />
    </main>
  )
}

const CONTENTS: Readonly<Record<PageName, (props: PageProps) => preact.JSX.Element>> = {
  overview: ({ server }) => (
    <>
      <Attention server={server} />
      <Overview server={server} />
    </>
  ),
  sessions: Sessions,
  accounts: Users,
  rooms: Rooms,
  links: Links,
  presence: ({ server }) => (
    <>
      <Explain server={server} />
      <Doubts server={server} />
      <Costs server={server} />
    </>
  ),
  troubles: ({ server }) => (
    <>
      <Troubles server={server} />
      <Failures server={server} />
    </>
  ),
}

function NotIn({ trouble }: { readonly trouble: string | null }) {
  return (
    <main class="sign-in">
      <h1>Porchlight: operator</h1>
      {trouble !== null && (
        <>
          <p role="alert" class="trouble">
            {trouble}
          </p>
          <p>
            At the server’s machine, <code>porchlight admin</code> prints a link that opens this page for you.
          </p>
        </>
      )}
    </main>
  )
}
