/** The first minute on a new server: two accounts, one signed in here, the other in a second tab. */
import { useState } from 'preact/hooks'
import { makeAccounts } from '../session/first-run.ts'
import { w } from '../words/index.ts'
import type { Entrance } from './sign-in.tsx'

interface Props {
  readonly domain: string
  readonly isBusy: boolean
  readonly entrance: Entrance
}
export function FirstAccounts({ domain, isBusy, entrance }: Props) {
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
    entrance.signInWithFriend(first!, accounts[0]!.password, second!)
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <p>
        {w.first.new[0]}
        <strong>{domain}</strong>
        {w.first.new[1]}
      </p>
      <Account which="first" title={w.first.you} name="romeo" />
      <Account which="second" title={w.first.other} name="juliet" />
      <button class="main" disabled={isBusy}>
        {isBusy ? w.signIn.busy : w.first.button}
      </button>
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
        {w.first.name}
        <input name={`${which}-name`} required defaultValue={name} autocomplete="off" />
      </label>
      <label>
        {w.first.password}
        <input name={`${which}-password`} type="password" required minLength={8} autocomplete="new-password" />
      </label>
    </fieldset>
  )
}
