/** The first minute on a new server: two accounts, one signed in here, the other in a second tab. */
import { useState } from 'preact/hooks'
import type { BoardSession } from '../session/board-session.ts'
import { makeAccounts } from '../session/first-run.ts'

export function FirstAccounts({ domain, session }: { readonly domain: string; readonly session: BoardSession }) {
  const [trouble, setTrouble] = useState<string | null>(null)
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const accounts = ['first', 'second'].map((which) => ({
      name: String(form.get(`${which}-name`)).trim(),
      password: String(form.get(`${which}-password`)),
    }))
    const wrong = await makeAccounts(accounts)
    setTrouble(wrong)
    if (wrong !== null) return
    const [first, second] = accounts.map(({ name }) => `${name}@${domain}`)
    session.signInWithFriend(first!, accounts[0]!.password, second!)
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <p>
        This server is new. Make two accounts at <strong>{domain}</strong>, and watch presence move between two tabs.
      </p>
      <Account which="first" title="You" name="romeo" />
      <Account which="second" title="Somebody else" name="juliet" />
      <button class="main">Make both and sign in</button>
      <p role="alert" class="trouble">
        {trouble}
      </p>
    </form>
  )
}

function Account({ which, title, name }: { readonly which: string; readonly title: string; readonly name: string }) {
  return (
    <fieldset>
      <legend>{title}</legend>
      <label>
        Name
        <input name={`${which}-name`} required defaultValue={name} autocomplete="off" />
      </label>
      <label>
        Password, 8 characters at least
        <input name={`${which}-password`} type="password" required minLength={8} autocomplete="new-password" />
      </label>
    </fieldset>
  )
}
