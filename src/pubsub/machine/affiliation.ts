/** XEP-0060 4.1: how a person belongs to a node, and what that allows. */
export const AFFILIATIONS = ['owner', 'publisher', 'publish-only', 'member', 'none', 'outcast'] as const
export type Affiliation = (typeof AFFILIATIONS)[number]

/** Affiliations that are let in by every access model (6.5.1). */
export const INSIDERS: readonly Affiliation[] = ['owner', 'publisher', 'member']
export const isInsider = (affiliation: Affiliation): boolean => INSIDERS.includes(affiliation)

const PUBLISHERS: ReadonlySet<Affiliation> = new Set(['owner', 'publisher', 'publish-only'])
/** Does the affiliation alone allow publishing? */
export const isPublisher = (affiliation: Affiliation): boolean => PUBLISHERS.has(affiliation)
