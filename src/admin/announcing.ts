/** Announcements: a message of the server to everybody who is connected. */
import * as v from 'valibot'
import { announce } from '../server/account/announcement.ts'
import type { Host } from '../server/feature.ts'
import { CommandError, defineCommand, type Command } from './command.ts'
import { notOurs } from './user-commands.ts'

const CHARACTERS_MAX = 4000
/** Control characters but line ends and tabs, single surrogates, and what XML 1.0 2.2 forbids in addition. */
const NOT_FOR_XML = /[^\P{Cc}\n\t]|[\p{Cs}\uFFFE\uFFFF]/u

/** @returns the text as it is sent @throws CommandError */
export function announcementFrom(text: string): string {
  const plain = text.replaceAll(/\r\n?/g, '\n').trim()
  if (plain === '') throw new CommandError('The announcement is empty.')
  if (plain.length > CHARACTERS_MAX || NOT_FOR_XML.test(plain))
    throw new CommandError(`This cannot be announced. Write a text of at most ${CHARACTERS_MAX} characters.`)
  return plain
}

export const announceCommand = ({ sessions, domains }: Pick<Host, 'sessions' | 'domains'>): Command =>
  defineCommand('announce', { text: v.string(), domain: v.nullable(v.string()) }, async ({ text, domain }) => {
    if (domain !== null && !domains.includes(domain)) throw notOurs(domain, domains)
    return { sessions: await announce(sessions, announcementFrom(text), domain) }
  })
