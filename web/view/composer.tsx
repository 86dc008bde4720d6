/**
 * The place to write: it grows with the text. Enter sends and Shift+Enter begins a new line; where fingers type, Enter begins one and the
 * button sends. What was typed stays when the conversation is left. Arrow up in the empty field corrects the last message.
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { w } from '../words/index.ts'

/** A message of ours that can be corrected (XEP-0308). */
interface Correctable {
  readonly text: string | null
  readonly correct: (text: string) => void
}
interface Props {
  readonly label: string
  readonly hint: string
  /** The contact or the room, and what was typed there and not sent. */
  readonly jid: string
  readonly drafts: Map<string, string>
  readonly send: (text: string) => void
  /** Null: there is none. */
  readonly last: Correctable | null
  /** The person types, or has emptied the field or left it. */
  readonly writes: (isWriting: boolean) => void
  /** The focus goes to the field when it changes, unless it is null. */
  readonly focusFor?: string | null
  /** What stands before the field. */
  readonly children?: ComponentChildren
}

const typesByFinger = (): boolean => matchMedia('(hover: none) and (pointer: coarse)').matches

export function Composer({ label, hint, jid, drafts, send, last, writes, focusFor = null, children }: Props) {
  const field = useRef<HTMLTextAreaElement>(null)
  const [correcting, setCorrecting] = useState<Correctable | null>(null)
  const put = (text: string): void => {
    field.current!.value = text
    fit(field.current!)
  }
  useLayoutEffect(() => put(drafts.get(jid) ?? ''), [])
  useEffect(() => () => writes(false), [])
  useLayoutEffect(() => {
    if (focusFor !== null) field.current!.focus()
  }, [focusFor])
  const typed = (): void => {
    const { value } = field.current!
    fit(field.current!)
    if (correcting !== null) return
    if (value === '') drafts.delete(jid)
    else drafts.set(jid, value)
    writes(value.trim() !== '')
  }
  const end = (): void => {
    setCorrecting(null)
    put(drafts.get(jid) ?? '')
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    const text = field.current!.value.trim()
    if (text === '') return
    if (correcting !== null) {
      if (text !== correcting.text) correcting.correct(text)
      return end()
    }
    drafts.delete(jid)
    put('')
    send(text)
  }
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing) return
    const isEmpty = field.current!.value === ''
    if (event.key === 'Enter' && !event.shiftKey && !typesByFinger()) submit(event)
    else if (event.key === 'ArrowUp' && isEmpty && last !== null) {
      event.preventDefault()
      setCorrecting(last)
      put(last.text ?? '')
    } else if (event.key === 'Escape' && correcting !== null) {
      event.stopPropagation()
      end()
    }
  }
  return (
    <form class="composer" onSubmit={submit}>
      {correcting !== null && (
        <p class="more">
          {w.chat.correcting}{' '}
          <button type="button" class="small" onClick={end}>
            {w.chat.cancel}
          </button>
        </p>
      )}
      {children}
      <label>
        <span class="unseen">{label}</span>
        <textarea ref={field} name="text" rows={1} autocomplete="off" placeholder={hint} onInput={typed} onKeyDown={press} />
      </label>
      <button class="main">{w.chat.send}</button>
    </form>
  )
}

/** As high as the text; the style sheet says how high at most. */
function fit(field: HTMLTextAreaElement): void {
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`
}
