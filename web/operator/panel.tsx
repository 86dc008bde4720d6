/** One section of the operator's page: its title, and what is wrong with its content. */
import type { ComponentChildren } from 'preact'

interface Props {
  readonly title: string
  /** Why the content is old or missing, or why an order failed; null if nothing is wrong. */
  readonly trouble: string | null
  readonly children?: ComponentChildren
}

export function Panel({ title, trouble, children }: Props) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <p role="status" class="trouble">
        {trouble}
      </p>
      {children}
    </section>
  )
}
