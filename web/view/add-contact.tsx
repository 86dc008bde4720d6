/** Adding a contact: an address, and at will a name and groups. */
import type { BoardSession } from '../session/board-session.ts'

/** "Work, Friends" as the groups it names. */
export function groupsIn(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  return [...new Set(names.filter((name) => name !== ''))]
}

export function AddContact({ session }: { readonly session: BoardSession }) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const data = new FormData(form)
    const name = String(data.get('name')).trim()
    void session.add(String(data.get('address')).trim(), name === '' ? null : name, groupsIn(String(data.get('groups'))))
    form.reset()
  }
  return (
    <details class="add">
      <summary>Add a contact</summary>
      <form onSubmit={submit}>
        <label>
          Address
          <input name="address" type="email" required autocomplete="off" />
        </label>
        <label>
          Name
          <input name="name" autocomplete="off" />
        </label>
        <label>
          Groups, with commas between them
          <input name="groups" autocomplete="off" />
        </label>
        <button class="main">Ask to see their presence</button>
      </form>
    </details>
  )
}
