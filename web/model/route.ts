/** The present page of the operator's view, as it is written in the address after the #: `#/sessions?state=paused`. */

export const PAGES = ['overview', 'sessions', 'accounts', 'rooms', 'archive', 'files', 'links', 'presence', 'troubles'] as const
export type PageName = (typeof PAGES)[number]

export interface Route {
  readonly page: PageName
  /** What is searched, sorted and shown. Default values are left out. */
  readonly options: Readonly<Record<string, string>>
}

/** An unknown route leads to the overview. */
export function routeFrom(hash: string): Route {
  const [, name, query = ''] = /^#\/(\w*)(?:\?(.*))?$/su.exec(hash) ?? []
  const page = PAGES.find((page) => page === name)
  return page === undefined
    ? { page: 'overview', options: {} }
    : { page, options: Object.fromEntries(new URLSearchParams(query)) }
}
export function hashOf({ page, options }: Route): string {
  const query = new URLSearchParams(Object.entries(options).filter(([, value]) => value !== '')).toString()
  return `#/${page}${query === '' ? '' : `?${query}`}`
}
/** Is it the route of a page, and not the ticket that logs a browser in? */
export const isRoute = (hash: string): boolean => hash.startsWith('#/')

/** The same page with other options. A list starts again at its first page unless `after` is among the changes. */
export const changedRoute = ({ page, options }: Route, changes: Readonly<Record<string, string>>): Route => ({
  page,
  options: { ...options, after: '', ...changes },
})
