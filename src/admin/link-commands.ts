/** Commands for links to other servers: list them, take them down, allow them again. */
import * as v from 'valibot'
import type { Host } from '../server/feature.ts'
import type { Link, LinkState } from '../server/links/links.ts'
import { JidError, prepareDomain } from '../xmpp/jid.ts'
import { CommandError, defineCommand, type Command } from './command.ts'

export interface LinkReport {
  readonly local: string
  readonly remote: string
  readonly state: LinkState
  /** Milliseconds since 1970. */
  readonly since: number
  /** Authenticated streams, in both directions. */
  readonly streams: number
  /** The operator has taken the link down. */
  readonly forced: boolean
  /** Users have been told that the link is lost. */
  readonly announced: boolean
}

type Parts = Pick<Host, 'domains' | 'links' | 'router'>

export const linkReports = ({ links }: Pick<Host, 'links'>): readonly LinkReport[] => [...links.all()].map(reportOf)

function reportOf({ local, remote, state, since, streams, isForced, isAnnouncedDown }: Link): LinkReport {
  return { local, remote, state, since, streams, forced: isForced, announced: isAnnouncedDown }
}

const which = { remote: v.string(), local: v.nullable(v.string()) }

/** @param force takes a link down; null if this server talks to no other server */
export function linkCommands(host: Parts, force: ((link: Link) => void) | null): readonly Command[] {
  const chosen = (given: { readonly remote: string; readonly local: string | null }): readonly Link[] => {
    if (force === null)
      throw new CommandError('This server talks to no other server: see section [federation] of its configuration.')
    const [remote, local] = [domain(given.remote), given.local === null ? null : domain(given.local)]
    if (host.router.serves(remote)) throw new CommandError(`${remote} is served here: there is no link to it.`)
    if (local !== null && !host.domains.includes(local))
      throw new CommandError(`${local} is not a domain of this server. It serves ${host.domains.join(', ')}.`)
    return (local === null ? host.domains : [local]).map((ours) => host.links.of(ours, remote))
  }
  return [
    defineCommand('link.list', {}, () => linkReports(host)),
    defineCommand('link.down', which, (given) => {
      const links = chosen(given)
      for (const link of links) force!(link)
      return links.map(reportOf)
    }),
    defineCommand('link.up', which, (given) => {
      const links = chosen(given).filter((link) => link.isForced)
      if (links.length === 0) throw new CommandError(`Nobody has taken a link to ${given.remote} down. \`link list\` shows all.`)
      for (const link of links) link.release()
      return links.map(reportOf)
    }),
  ]
}

function domain(text: string): string {
  try {
    return prepareDomain(text)
  } catch (error) {
    if (error instanceof JidError) throw new CommandError(`"${text}" is not a domain (${error.message}).`)
    throw error
  }
}
