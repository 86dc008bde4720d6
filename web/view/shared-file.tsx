/** What somebody said: text, or a file with a link, and with a picture if the file is one and on this server. */
import { useEffect, useState } from 'preact/hooks'
import { linked } from '../model/linked.ts'
import { sharedFile, sizeWords, type SharedFile } from '../model/shared-file.ts'
import { locale, w } from '../words/index.ts'

interface Props {
  readonly text: string
  readonly isFile: boolean
  /** Hosts whose files this server has. */
  readonly homes: ReadonlySet<string>
}
export function SaidText({ text, isFile, homes }: Props) {
  const file = isFile ? sharedFile(text, homes) : null
  if (file === null)
    return (
      <bdi>
        {linked(text).map((part) =>
          part.href === null ? (
            part.text
          ) : (
            <a href={part.href} target="_blank" rel="noopener noreferrer">
              {part.text}
            </a>
          ),
        )}
      </bdi>
    )
  return (
    <span class="file">
      {w.files.file}{' '}
      <a href={file.here ?? file.url} target="_blank" rel="noreferrer">
        <bdi>{file.name}</bdi>
      </a>
      {file.here === null && <span class="more"> {file.host}</span>}
      {file.here !== null && file.isPicture && <Picture file={file} here={file.here} />}
    </span>
  )
}

/** Larger pictures come only when they are asked for: the line may be slow. */
const AT_ONCE_OCTETS = 1_000_000

type Look = { readonly octets: number } | 'looking' | 'gone' | 'no-picture'

function Picture({ file, here }: { readonly file: SharedFile; readonly here: string }) {
  const [look, setLook] = useState<Look>('looking')
  const [isWanted, want] = useState(false)
  useEffect(() => void lookAt(here).then(setLook), [here])
  if (look === 'gone') return <em> {w.files.gone}</em>
  if (look === 'no-picture') return null
  if (look !== 'looking' && look.octets > AT_ONCE_OCTETS && !isWanted)
    return (
      <button class="small" onClick={() => want(true)}>
        {w.files.show(sizeWords(look.octets, locale))}
      </button>
    )
  // The place is there before the picture, so that nothing moves when it comes
  return (
    <a class="picture" href={here} target="_blank" rel="noreferrer">
      {look !== 'looking' && <img src={here} alt={file.name} loading="lazy" onError={() => setLook('no-picture')} />}
    </a>
  )
}

async function lookAt(here: string): Promise<Look> {
  const answer = await fetch(here, { method: 'HEAD' }).catch(() => null)
  if (answer === null) return 'no-picture'
  if (!answer.ok) return 'gone'
  return (answer.headers.get('content-type') ?? '').startsWith('image/')
    ? { octets: Number(answer.headers.get('content-length') ?? Infinity) }
    : 'no-picture'
}
