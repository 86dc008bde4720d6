/** What stands in the place of a conversation: its title has the focus when it opens, Escape closes it. */
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'

interface Props {
  readonly title: string
  readonly session: BoardSession
  readonly children: ComponentChildren
}
export function Sheet({ title, session, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useLayoutEffect(() => heading.current?.focus(), [])
  return (
    <aside class="details sheet" aria-label={title} onKeyDown={(event) => event.key === 'Escape' && session.openSheet(null)}>
      <header>
        <button class="close" onClick={() => session.openSheet(null)}>
          {w.person.close}
        </button>
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
      </header>
      {children}
    </aside>
  )
}
