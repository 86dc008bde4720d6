/** Where in the operator's view somebody is, as it stands behind the # of the address: `#/sessions?state=paused`. */

export const PAGES = ['overview', 'sessions', 'accounts', 'links', 'presence', 'troubles'] as const
export type PageName = (typeof PAGES)[number]

export interface Route {
  readonly page: PageName
  /** What is searched, sorted and shown there; what is as usual is not named. */
  readonly options: Readonly<Record<string, string>>
}

/** What is not known leads to the overview. */
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
/** Is it an address of a page, and not the ticket that lets a browser in? */
export const isRoute = (hash: string): boolean => hash.startsWith('#/')

/** The same page with other options. What a list shows begins anew unless `after` is among the changes. */
export const changedRoute = ({ page, options }: Route, changes: Readonly<Record<string, string>>): Route => ({
  page,
  options: { ...options, after: '', ...changes },
})
