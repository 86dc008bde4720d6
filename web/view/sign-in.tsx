/** Signing in with an account of the server; at the very first start, creating the first two accounts. */
import { useEffect, useState } from 'preact/hooks'
import type { Board } from '../model/board.ts'
import { wholeAddress } from '../model/address.ts'
import type { BoardSession } from '../session/board-session.ts'
import { firstRun, type FirstRun } from '../session/first-run.ts'
import { FirstAccounts } from './first-accounts.tsx'

/** The address in a link to the board: `/#juliet@localhost`. */
const addressInLink = (): string => decodeURIComponent(location.hash.slice(1))

export function SignIn({ board, session }: { readonly board: Board; readonly session: BoardSession }) {
  const [first, setFirst] = useState<FirstRun | null>(null)
  useEffect(() => void firstRun().then(setFirst), [])
  const busy = board.phase === 'signing-in'
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    session.signIn(wholeAddress(String(form.get('address')).trim(), location.hostname), String(form.get('password')))
  }
  return (
    <main class="sign-in">
      <h1>Porchlight</h1>
      <p>Who is reachable, how, and how sure we are of it.</p>
      {first !== null ? (
        <FirstAccounts domain={first.domain} session={session} />
      ) : (
        <form onSubmit={submit}>
          <label>
            Address
            <input
              name="address"
              inputmode="email"
              autocapitalize="none"
              spellcheck={false}
              required
              autocomplete="username"
              defaultValue={addressInLink()}
            />
          </label>
          <label>
            Password
            <input name="password" type="password" required autocomplete="current-password" />
          </label>
          <button class="main" disabled={busy}>
            {busy ? 'Signing in…' : 'Sign in'}
          </button>
        </form>
      )}
      <p role="alert" class="trouble">
        {board.trouble}
      </p>
    </main>
  )
}
