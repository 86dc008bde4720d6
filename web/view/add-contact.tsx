/** Adding a contact: an address, and optionally a name and groups. */
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'
import { Sheet } from './sheet.tsx'

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
    if (!(await session.add(String(data.get('address')).trim(), name === '' ? null : name, groups))) return
    session.closeSheet()
  }
  return (
    <Sheet title={w.add.title} kind="add" session={session}>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          {w.add.address}
          <input name="address" inputmode="email" autocapitalize="none" spellcheck={false} required autocomplete="off" />
        </label>
        <label>
          {w.add.name}
          <input name="name" autocomplete="off" />
        </label>
        <label>
          {w.add.groups}
          <input name="groups" autocomplete="off" />
        </label>
        <button class="main">{w.add.button}</button>
      </form>
    </Sheet>
  )
}
