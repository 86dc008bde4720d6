/** Adding a contact: an address, and optionally a name and groups. */
import type { BoardSession } from '../session/board-session.ts'

/** The groups in a text such as "Work, Friends". */
export function groupsIn(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  return [...new Set(names.filter((name) => name !== ''))]
}

export function AddContact({ session }: { readonly session: BoardSession }) {
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const data = new FormData(form)
    const name = String(data.get('name')).trim()
    const groups = groupsIn(String(data.get('groups')))
    if (await session.add(String(data.get('address')).trim(), name === '' ? null : name, groups)) form.reset()
  }
  return (
    <details class="add">
      <summary>Add a contact</summary>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          Address
          <input name="address" inputmode="email" autocapitalize="none" spellcheck={false} required autocomplete="off" />
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
