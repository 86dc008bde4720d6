/**
 * What one client believes, folded from what it received as docs/presence-truth.md, "How a client shows an honest dot",
 * says. Nothing here knows the server.
 */
import type { Xml } from '../support/xml-reader.ts'

export type Doubt = 'server-unavailable' | 'connection-paused'

/** A resource as the client shows it. */
export interface Dot {
  /** What was said: the content of the presence without annotations. */
  readonly content: string
  /** By who annotates. */
  readonly doubts: ReadonlyMap<string, Doubt>
}

/** A presence as far as a dot depends on it. */
export interface Notice {
  readonly from: string
  readonly isAvailable: boolean
  readonly content: string
  readonly annotations: readonly (readonly [by: string, doubt: Doubt | null])[]
}

/** Null: it is no notice of presence. */
export function noticeOf(xml: Xml): Notice | null {
  const type = xml.attr('type')
  if (xml.name !== 'presence' || (type !== undefined && type !== 'unavailable')) return null
  const isAnnotation = (e: Xml): boolean => e.name === 'state-annotation' && e.ns === 'urn:xmpp:psa'
  const annotations = xml.elements.filter(isAnnotation).map((annotation): [string, Doubt | null] => {
    const doubt = annotation.elements.find((e) => e.name === 'server-unavailable' || e.name === 'connection-paused')
    return [annotation.attr('from') ?? '', (doubt?.name as Doubt | undefined) ?? null]
  })
  const content = xml.elements.filter((e) => !isAnnotation(e) && e.name !== 'c' && e.name !== 'delay')
  return {
    from: xml.attr('from') ?? '',
    isAvailable: type === undefined,
    content: content.map((e) => e.show()).join(''),
    annotations,
  }
}

export class View {
  readonly dots = new Map<string, Dot>()

  /** A new session: nothing is known. */
  clear(): void {
    this.dots.clear()
  }
  take({ from, isAvailable, content, annotations }: Notice): void {
    if (!isAvailable) {
      for (const full of [...this.dots.keys()]) if (full === from || full.startsWith(`${from}/`)) this.dots.delete(full)
      return
    }
    // Rule 2: of what others have annotated it says nothing; rule 3: without an annotation it takes all of that back
    const doubts = new Map(annotations.length > 0 ? this.dots.get(from)?.doubts : [])
    for (const [by, doubt] of annotations) {
      if (doubt === null) doubts.delete(by)
      else doubts.set(by, doubt)
    }
    this.dots.set(from, { content, doubts })
  }
}
