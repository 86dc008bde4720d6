/** What the person sets about themselves: nickname, picture and password. */
import { useState } from 'preact/hooks'
import type { Board } from '../model/board.ts'
import { faceOf } from '../model/faces.ts'
import type { BoardSession } from '../session/board-session.ts'
import { bareOf } from '../session/stanzas.ts'
import { w } from '../words/index.ts'
import { Avatar } from './avatar.tsx'

interface Props {
  readonly board: Board
  readonly session: BoardSession
}

export function ProfilePanel({ board, session }: Props) {
  const [said, say] = useState<string | null>(null)
  const { profile } = session
  const jid = bareOf(board.me ?? '')
  const face = faceOf(board.faces, jid)
  const done = async (work: Promise<string | null>, words: string): Promise<boolean> => {
    const refusal = await work
    say(refusal ?? words)
    return refusal === null
  }
  const setNick = (event: SubmitEvent): void => {
    event.preventDefault()
    const nick = String(new FormData(event.currentTarget as HTMLFormElement).get('nick')).trim()
    void done(profile.setNick(nick), w.profile.nickSet)
  }
  const setPicture = ({ currentTarget: field }: { readonly currentTarget: HTMLInputElement }): void => {
    const [file] = field.files ?? []
    if (file !== undefined) void done(profile.setPicture(file), w.profile.pictureSet)
    field.value = ''
  }
  return (
    <section class="profile" aria-label={w.profile.title}>
      <h3>{w.profile.title}</h3>
      <form onSubmit={setNick}>
        <label>
          {w.profile.nick}
          <input name="nick" key={face.nick} defaultValue={face.nick ?? ''} maxLength={100} autocomplete="off" />
        </label>
        <button>{w.profile.useNick}</button>
      </form>
      <div class="own-picture">
        <Avatar jid={jid} name={face.nick ?? jid} dot={null} board={board} session={session} />
        <label>
          {w.profile.picture}
          <input name="picture" type="file" accept="image/*" onChange={setPicture} />
        </label>
        {face.picture !== null && (
          <button type="button" onClick={() => void done(profile.removePicture(), w.profile.pictureRemoved)}>
            {w.profile.removePicture}
          </button>
        )}
      </div>
      <Password change={(password) => done(profile.setPassword(password), w.profile.passwordSet)} jid={jid} />
      <p role="status">{said}</p>
    </section>
  )
}

interface PasswordProps {
  readonly jid: string
  readonly change: (password: string) => Promise<boolean>
}
function Password({ jid, change }: PasswordProps) {
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    if (await change(String(new FormData(form).get('new-password')))) form.reset()
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <input type="hidden" name="username" autocomplete="username" value={jid} />
      <label>
        {w.profile.password}
        <input name="new-password" type="password" required minLength={8} autocomplete="new-password" />
      </label>
      <button>{w.profile.changePassword}</button>
    </form>
  )
}
