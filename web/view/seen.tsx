/** Who was here when: everybody who shares it, today or in the week; and the week of one person. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Board } from '../model/board.ts'
import { isShared, nameOf, type Contact } from '../model/roster.ts'
import { daysUpTo, sightingOf } from '../model/sightings.ts'
import type { BoardSession } from '../session/board-session.ts'
import { bareOf } from '../session/stanzas.ts'
import { locale, w } from '../words/index.ts'
import { Sheet } from './sheet.tsx'
import { DayBar, dayWords, Hours, Legend } from './timeline.tsx'

interface Props {
  readonly board: Board
  readonly session: BoardSession
  readonly now: Date
}
const WEEK = 7
const order = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

export function SeenSheet({ board, session, now }: Props) {
  const [days, setDays] = useState(1)
  const me = bareOf(board.me ?? '')
  const people = [...board.roster.values()]
    .filter((contact) => isShared(contact) && sightingOf(board.sightings, contact.jid).shares === true)
    .sort((a, b) => order.compare(nameOf(a), nameOf(b)))
  const shown = daysUpTo(now, days)
  const table = useRef<HTMLDivElement>(null)
  // Where not all days fit, today is in sight
  useLayoutEffect(() => table.current!.scrollTo({ left: document.dir === 'rtl' ? -9999 : 9999 }), [days])
  const row = (jid: string, name: string, isContact: boolean) => (
    <tr key={jid}>
      <th scope="row">
        {isContact ? (
          <button class="plain" onClick={() => session.open(jid)}>
            <bdi>{name}</bdi>
          </button>
        ) : (
          name
        )}
      </th>
      {shown.map((day) => (
        <td key={day.getTime()}>
          <DayBar spans={sightingOf(board.sightings, jid).spans} day={day} who={name} />
        </td>
      ))}
    </tr>
  )
  return (
    <Sheet title={w.seen.title} kind="seen" session={session}>
      <div class="shows" role="group" aria-label={w.seen.range}>
        {[1, WEEK].map((count) => (
          <button key={count} aria-pressed={days === count} onClick={() => setDays(count)}>
            {count === 1 ? w.seen.today : w.seen.week}
          </button>
        ))}
      </div>
      <div ref={table} class="table" tabIndex={0} role="region" aria-label={w.seen.title}>
        <table class="seen">
          <thead>
            <tr>
              <td />
              {shown.map((day) => (
                <th key={day.getTime()} scope="col">
                  {days > 1 ? shortDay(day) : <Hours />}
                  {days === 1 && <span class="unseen">{dayWords(day)}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {row(me, w.seen.you, false)}
            {people.map((contact) => row(contact.jid, nameOf(contact), true))}
          </tbody>
        </table>
      </div>
      <Legend />
      <p class="more">{w.seen.kept}</p>
      <button onClick={() => session.diary.forget()}>{w.seen.forget}</button>
    </Sheet>
  )
}

const shortDay = (day: Date): string => day.toLocaleDateString(locale, { weekday: 'short', day: 'numeric' })

/** The week of a contact. */
export function PersonSeen({ contact, board, session, now }: Props & { readonly contact: Contact }) {
  const { spans, shares } = sightingOf(board.sightings, contact.jid)
  const isGone = (board.presences.get(contact.jid)?.resources.length ?? 0) === 0
  useEffect(() => {
    if (isShared(contact) && isGone) void session.diary.ask(contact.jid)
  }, [contact.jid, isGone])
  if (!isShared(contact)) return null
  const days = daysUpTo(now, WEEK).toReversed()
  return (
    <section aria-label={w.seen.theirs}>
      <h3>{w.seen.theirs}</h3>
      {shares !== true && <p class="more">{shares === null ? w.seen.unknown : w.seen.notShared}</p>}
      {shares === true && (
        <>
          <ul class="days">
            {days.map((day) => (
              <li key={day.getTime()}>
                <span class="more">{dayWords(day)}</span>
                <DayBar spans={spans} day={day} who={nameOf(contact)} />
              </li>
            ))}
          </ul>
          <Hours />
          <Legend />
        </>
      )}
    </section>
  )
}
