/** Navigation of the operator's view: links to the pages, and the present one. The browser's own buttons go back and forth. */
import { useEffect, useState } from 'preact/hooks'
import { changedRoute, hashOf, PAGES, routeFrom, type PageName, type Route } from '../model/route.ts'
import { o } from './words.ts'

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const follow = (): void => setHash(location.hash)
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return routeFrom(hash)
}

/** Changes what the page shows. `asIs`: without a new entry in the browser's history, as while a person types. */
export function show(route: Route, changes: Readonly<Record<string, string>>, asIs = false): void {
  const hash = hashOf(changedRoute(route, changes))
  if (!asIs) location.hash = hash
  else {
    history.replaceState(null, '', hash)
    dispatchEvent(new HashChangeEvent('hashchange'))
  }
}

export function Navigation({ page }: { readonly page: PageName }) {
  return (
    <nav aria-label={o.pages}>
      <ul>
        {PAGES.map((name) => (
          <li key={name}>
            <a href={hashOf({ page: name, options: {} })} aria-current={name === page ? 'page' : undefined}>
              {o.page[name]}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

interface PagerProps {
  readonly route: Route
  /** Where the next page begins; null if this is the last page, or the list on the screen answers an older question. */
  readonly next: string | null
}

/** The buttons to go through a list that is longer than one page. */
export function Pager({ route, next }: PagerProps) {
  const isFirst = (route.options['after'] ?? '') === ''
  if (isFirst && next === null) return null
  return (
    <p class="row">
      {!isFirst && <a href={hashOf(changedRoute(route, {}))}>{o.firstPage}</a>}
      {!isFirst && <button onClick={() => history.back()}>{o.back}</button>}
      {next !== null && <a href={hashOf(changedRoute(route, { after: next }))}>{o.nextPage}</a>}
    </p>
  )
}
