/**
 * What stands in the place of a conversation. Its title has the focus when it opens. Escape closes it, and the focus is where it was
 * before.
 */
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Board, Sheet as Kind } from '../model/board.ts'
import type { BoardSession } from '../session/board-session.ts'
import { w } from '../words/index.ts'

interface Props {
  readonly title: string
  readonly kind: Kind['kind']
  readonly session: BoardSession
  readonly children: ComponentChildren
}
export function Sheet({ title, kind, session, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null
    heading.current?.focus()
    return () => before?.focus()
  }, [])
  return (
    <aside
      class="details sheet"
      data-kind={kind}
      aria-label={title}
      onKeyDown={(event) => event.key === 'Escape' && session.closeSheet()}
    >
      <header>
        <button class="close" onClick={() => session.closeSheet()}>
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

interface OpenerProps {
  readonly kind: Exclude<Kind['kind'], 'search'>
  readonly title: string
  readonly board: Board
  readonly session: BoardSession
}
/** The button that opens a sheet, and closes it again. */
export function SheetOpener({ kind, title, board, session }: OpenerProps) {
  const isOpen = board.sheet?.kind === kind
  return (
    <button class="plain" aria-expanded={isOpen} onClick={() => (isOpen ? session.closeSheet() : session.openSheet({ kind }))}>
      {title}
    </button>
  )
}
