/** The operator's page: how the server is, who is connected, what it costs, what went wrong, and the accounts. */
import { useEffect, useState } from 'preact/hooks'
import { Doubts } from './doubts.tsx'
import { Explain } from './explain.tsx'
import { Failures } from './failures.tsx'
import { Costs, Troubles } from './findings.tsx'
import { Overview } from './overview.tsx'
import { Links } from './links.tsx'
import type { Role, Server } from './server.ts'
import { Sessions } from './sessions.tsx'
import { Users } from './users.tsx'

export function OperatorApp({ server, ticket }: { readonly server: Server; readonly ticket: string }) {
  const [role, setRole] = useState<Role | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
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
      </header>
      <main>
        <Overview server={server} />
        <Sessions server={server} mayChange={role === 'operator'} />
        <Links server={server} mayChange={role === 'operator'} />
        <Doubts server={server} />
        <Explain server={server} />
        <Costs server={server} />
        <Troubles server={server} />
        <Failures server={server} />
        <Users server={server} mayChange={role === 'operator'} />
      </main>
    </div>
  )
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
