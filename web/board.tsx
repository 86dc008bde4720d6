/**
 * The entry point of the board and of the wall. On a slow line the form to sign in is there, and can be filled in, while the program
 * for all the rest is on its way.
 */
import { render, type ComponentType } from 'preact'
import { Store } from './model/store.ts'
import { isLoginKept } from './session/kept-places.ts'
import { useStore } from './view/hooks.ts'
import { SignIn, type Entrance } from './view/sign-in.tsx'
import { w } from './words/index.ts'

interface Door {
  /** 'in': the page of the program is shown in place of the form. */
  readonly phase: 'out' | 'signing-in' | 'in'
  readonly trouble: string | null
  /** Null: the program has not come yet. */
  readonly Page: ComponentType | null
}
const isWall = location.pathname.endsWith('/wall')
const door = new Store<Door>({ phase: isLoginKept(isWall) ? 'signing-in' : 'out', trouble: null, Page: null })

const program = import('./online.tsx').then(({ begin }) => {
  const { Page, session } = begin(isWall, (phase, trouble) => door.update((now) => ({ ...now, phase, trouble })))
  door.update((now) => ({ ...now, Page }))
  return session
})
program.catch(() => door.update((now) => ({ ...now, phase: 'out', trouble: w.signIn.notLoaded })))

/** What is asked before the program is there waits for it. */
const entrance: Entrance = {
  signIn: (jid, password) => whenLoaded((session) => session.signIn(jid, password)),
  signInWithFriend: (jid, password, friend) => whenLoaded((session) => session.signInWithFriend(jid, password, friend)),
}
function whenLoaded(ask: (session: Entrance) => void): void {
  door.update((now) => ({ ...now, phase: 'signing-in', trouble: null }))
  program.then(ask, () => {}) // why there is none is said already
}

function Root() {
  const { phase, trouble, Page } = useStore(door)
  if (phase === 'in' && Page !== null) return <Page />
  return <SignIn isBusy={phase === 'signing-in'} trouble={trouble} entrance={entrance} />
}
document.documentElement.lang = w.language
render(<Root />, document.getElementById('board')!)
