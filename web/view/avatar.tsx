/** The picture of a contact or of the person; where there is none, one or two letters. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Board } from '../model/board.ts'
import { faceOf } from '../model/faces.ts'
import type { Dot } from '../model/presence.ts'
import { hueOf, initials } from '../model/roster.ts'
import type { BoardSession } from '../session/board-session.ts'
import { DotMark } from './dot.tsx'

interface Props {
  readonly jid: string
  readonly name: string
  /** Null: without a dot. */
  readonly dot: Dot | null
  readonly board: Board
  readonly session: BoardSession
}

export function Avatar({ jid, name, dot, board, session }: Props) {
  const { picture } = faceOf(board.faces, jid)
  const bitmap = picture === null ? undefined : board.pictures.get(picture)
  useEffect(() => session.faces.want(jid), [picture])
  return (
    <span class={`avatar hue-${hueOf(jid)}`} aria-hidden="true">
      {bitmap === undefined ? initials(name) : <Picture bitmap={bitmap} />}
      {dot !== null && <DotMark dot={dot} />}
    </span>
  )
}

const SIDE = 128
function Picture({ bitmap }: { readonly bitmap: ImageBitmap }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const context = canvas.current!.getContext('2d')!
    context.clearRect(0, 0, SIDE, SIDE)
    context.drawImage(bitmap, 0, 0, SIDE, SIDE)
  }, [bitmap])
  return <canvas ref={canvas} width={SIDE} height={SIDE} />
}
