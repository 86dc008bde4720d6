/** A text as a QR code: black on white in the dark too, because phones expect it so. */
import { useEffect, useState } from 'preact/hooks'

/** The quiet zone that the standard asks for. */
const BORDER = 4

interface Props {
  readonly text: string
  readonly label: string
}
export function QrCode({ text, label }: Props) {
  const [rows, setRows] = useState<readonly (readonly boolean[])[]>([])
  // Few people need it, so it comes when it is needed
  useEffect(() => void import('../qr.ts').then(({ encodeQR }) => setRows(encodeQR(text, 'raw', { border: BORDER }))), [text])
  if (rows.length === 0) return null
  const squares = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return (
    <svg class="qr" viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={squares.join('')} />
    </svg>
  )
}
