/** The wall on the screen: nothing to click. It turns its pages by itself and says when it knows nothing new. */
import { useEffect, useState } from 'preact/hooks'
import type { Board } from '../model/board.ts'
import { wallCapacity, wallLetter, wallList, wallPage, wallScale, type WallScale, type WallWish } from '../model/wall.ts'
import type { Store } from '../model/store.ts'
import { asShown } from '../model/unsure.ts'
import { DOT_WORDS, clockTime } from '../model/words.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'
import { DotMark } from './dot.tsx'
import { useLoss, useNow, useStore } from './hooks.ts'

interface Props {
  readonly store: Store<Board>
  readonly session: BoardSession
  readonly wish: WallWish
}
const TURN_MS = 12_000

export function Wall({ store, session, wish }: Props) {
  const board = asShown(useStore(store))
  const now = useNow()
  const turn = useTurn()
  const [width, height] = useScreen()
  const isOnline = board.phase === 'online'
  const lostAt = useLoss(isOnline)
  const { room } = wish
  useEffect(() => {
    document.title = w.wall.title
    const nick = (board.me ?? '').split('@')[0]!
    if (isOnline && room !== null) session.rooms.join(room, { nick, password: null, isListed: false })
  }, [isOnline, room])
  useAwake(isOnline)
  const { title, people, around, doubted } = wallList(board, wish, now)
  const capacityAt = (scale: WallScale): number => wallCapacity(width, height, wallLetter(width, height) * scale)
  const scale = wallScale(people.length, capacityAt)
  const capacity = capacityAt(scale)
  const pages = Math.ceil(people.length / capacity)
  return (
    <main class="wall" data-scale={scale}>
      <header>
        <h1>
          <bdi>{title}</bdi>
        </h1>
        <p>{w.wall.around(around, people.length, doubted)}</p>
        {pages > 1 && <p>{w.wall.page((turn % pages) + 1, pages)}</p>}
        <time dateTime={now.toISOString()}>{clockTime(now, now)}</time>
      </header>
      <p role="status" class={lostAt === null ? 'unseen' : 'lost'}>
        {lostAt !== null && w.wall.lost(clockTime(lostAt, now))}
      </p>
      <ul>
        {wallPage(people, capacity, turn).map(({ key, name, dot, words }) => (
          <li key={key} class={dot} data-dot={dot}>
            <DotMark dot={dot} />
            <span class="name">
              <bdi>{name}</bdi>
            </span>
            <span class="words">
              <strong>{DOT_WORDS[dot]}</strong>
              <bdi>{words}</bdi>
            </span>
          </li>
        ))}
      </ul>
    </main>
  )
}

function useTurn(): number {
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setTurn((n) => n + 1), TURN_MS)
    return () => clearInterval(timer)
  }, [])
  return turn
}
/** The width and the height of the screen, in pixels. */
function useScreen(): readonly [number, number] {
  const measure = (): readonly [number, number] => [innerWidth, innerHeight]
  const [screen, setScreen] = useState(measure)
  useEffect(() => {
    const again = (): void => setScreen(measure())
    addEventListener('resize', again)
    return () => removeEventListener('resize', again)
  }, [])
  return screen
}
/** The screen stays on, where the browser can do that. */
function useAwake(isOnline: boolean): void {
  useEffect(() => {
    if (!('wakeLock' in navigator)) return
    const stayAwake = (): void => {
      if (!document.hidden) navigator.wakeLock.request('screen').catch(() => {}) // a browser may refuse
    }
    stayAwake()
    document.addEventListener('visibilitychange', stayAwake)
    return () => document.removeEventListener('visibilitychange', stayAwake)
  }, [isOnline])
}
