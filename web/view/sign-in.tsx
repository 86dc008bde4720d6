/** Signing in with an account of the server; at the very first start, creating the first two accounts. */
import { useEffect, useState } from 'preact/hooks'
import { wholeAddress } from '../model/address.ts'
import { firstRun, type FirstRun } from '../session/first-run.ts'
import { FirstAccounts } from './first-accounts.tsx'
import { w } from '../words/index.ts'

/** The address in a link to the board: `/#juliet@localhost`. */
const addressInLink = (): string => decodeURIComponent(location.hash.slice(1))

/** What the form can ask for. */
export interface Entrance {
  signIn(jid: string, password: string): void
  /** The first login on a new server: asks to see `friend`, and approves in advance that the friend sees us. */
  signInWithFriend(jid: string, password: string, friend: string): void
}
interface Props {
  readonly isBusy: boolean
  /** What is wrong, in words; null if nothing. */
  readonly trouble: string | null
  readonly entrance: Entrance
}

export function SignIn({ isBusy, trouble, entrance }: Props) {
  const [first, setFirst] = useState<FirstRun | null>(null)
  useEffect(() => void firstRun().then(setFirst), [])
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    entrance.signIn(wholeAddress(String(form.get('address')).trim(), location.hostname), String(form.get('password')))
  }
  return (
    <main class="sign-in">
      <h1>Porchlight</h1>
      <p>{w.signIn.claim}</p>
      {first !== null ? (
        <FirstAccounts domain={first.domain} isBusy={isBusy} entrance={entrance} />
      ) : (
        <form onSubmit={submit}>
          <label>
            {w.signIn.address}
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
            {w.signIn.password}
            <input name="password" type="password" required autocomplete="current-password" />
          </label>
          <button class="main" disabled={isBusy}>
            {isBusy ? w.signIn.busy : w.signIn.button}
          </button>
        </form>
      )}
      <p role="alert" class="trouble">
        {trouble}
      </p>
    </main>
  )
}
