/** How an operator names domains: one domain, or `*.` and a domain for every domain below it. */
import { prepareDomain } from './jid.ts'

/** The pattern, prepared. @throws JidError */
export const domainPattern = (text: string): string =>
  text.startsWith('*.') ? `*.${prepareDomain(text.slice(2))}` : prepareDomain(text)

/** What `find` has for the domain itself, or else for the nearest domain above it. */
export function nearestPattern<T>(domain: string, find: (pattern: string) => T | undefined): T | undefined {
  let found = find(domain)
  for (let dot = domain.indexOf('.'); found === undefined && dot >= 0; dot = domain.indexOf('.', dot + 1))
    found = find(`*${domain.slice(dot)}`)
  return found
}
