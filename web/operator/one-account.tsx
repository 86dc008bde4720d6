/** One account: what it is and has, its sessions and devices, its clearance; and what an operator can do with it. */
import { useState } from 'preact/hooks'
import { hashOf } from '../model/route.ts'
import { sizeWords } from '../model/shared-file.ts'
import { ago, clockTime, lasting } from '../model/words.ts'
import { locale } from '../words/language.ts'
import { AccountClearance } from './account-clearance.tsx'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { AccountReport, DeviceReport, StoredReport } from './reports.ts'
import type { Server } from './server.ts'
import { standing, UserOrders, type UserOrdersProps } from './users.tsx'
import { o } from './words.ts'

interface Props {
  readonly server: Server
  readonly mayChange: boolean
  readonly jid: string
}

export function OneAccount({ server, mayChange, jid }: Props) {
  const { result, trouble, refresh } = useOrder<AccountReport>(server, 'user.show', { jid })
  const [words, setWords] = useState<string | null>(null)
  const [isDeleted, setDeleted] = useState(false)
  const order: UserOrdersProps['order'] = async (command, args, done) => {
    const failure = await server.order(command, args).then(
      () => null,
      (error: Error) => error.message,
    )
    setWords(failure ?? done)
    setDeleted(failure === null && command === 'user.delete')
    refresh()
    return failure === null
  }
  const isShown = result !== null && !isDeleted
  return (
    <Panel title={jid} trouble={isDeleted ? null : trouble}>
      <p>
        <a href={hashOf({ page: 'accounts', options: {} })}>{o.account.all}</a>
      </p>
      <p role="status">{words}</p>
      {isShown && (
        <>
          <Facts server={server} account={result} />
          {mayChange && <UserOrders user={result} order={order} />}
          <Sessions account={result} end={mayChange ? order : null} />
          <Devices server={server} jid={jid} signOut={mayChange ? order : null} />
          <AccountClearance server={server} jid={jid} order={mayChange ? order : null} />
        </>
      )}
    </Panel>
  )
}

function Facts({ server, account }: { readonly server: Server; readonly account: AccountReport }) {
  const { jid, createdAt, lastLogin, contacts, sessions } = account
  const { result: stored } = useOrder<StoredReport>(server, 'user.stored', { jid })
  const words = o.account.facts
  const now = new Date()
  const facts: readonly (readonly [string, string])[] = [
    [
      words.standing,
      standing({ ...account, sessions: sessions.length, paused: sessions.filter(({ pausedAt }) => pausedAt !== null).length }),
    ],
    [words.made, ago(new Date(createdAt), now)],
    [words.lastLogin, lastLogin === null ? o.account.never : ago(new Date(lastLogin), now)],
    [words.contacts, contacts.toLocaleString(locale)],
    ...(stored === null ? [] : storedFacts(stored, now)),
  ]
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
function storedFacts({ archive, files, pushes, blocked }: StoredReport, now: Date): readonly (readonly [string, string])[] {
  const words = o.account.facts
  const since = archive === null ? '' : clockTime(new Date(archive.oldestAt), now)
  return [
    [words.blocked, blocked.toLocaleString(locale)],
    [words.archive, archive === null ? o.none : o.account.archived(archive.messages, since)],
    ...(files === null ? [] : [[words.files, o.account.stored(files.files, sizeWords(files.octets, locale))] as const]),
    [words.pushes, pushes.toLocaleString(locale)],
  ]
}

interface SessionsProps {
  readonly account: AccountReport
  /** Null if this role may not end sessions. */
  readonly end: UserOrdersProps['order'] | null
}

function Sessions({ account: { jid, sessions }, end }: SessionsProps) {
  const now = new Date()
  return (
    <section aria-label={o.account.sessions}>
      <h3>{o.account.sessions}</h3>
      <ul class="users">
        {sessions.map(({ resource, boundAt, remote, activity, pausedAt }) => {
          const full = `${jid}/${resource}`
          return (
            <li key={resource}>
              <span>
                {resource}{' '}
                <span class="more">
                  {[
                    pausedAt === null ? o.account.activity[activity] : o.sessions.pausedFor(lasting(new Date(pausedAt), now)),
                    o.account.loggedIn(ago(new Date(boundAt), now)),
                    remote ?? '',
                  ]
                    .filter((text) => text !== '')
                    .join(', ')}
                </span>
              </span>
              {end !== null && (
                <button
                  aria-label={o.account.endOf(resource)}
                  onClick={() => void end('session.kick', { jid: full, reason: '' }, o.account.ended(resource))}
                >
                  {o.account.end}
                </button>
              )}
            </li>
          )
        })}
      </ul>
      {sessions.length === 0 && <p class="empty">{o.none}</p>}
    </section>
  )
}

interface DevicesProps {
  readonly server: Server
  readonly jid: string
  readonly signOut: UserOrdersProps['order'] | null
}

function Devices({ server, jid, signOut }: DevicesProps) {
  const { result, trouble, refresh } = useOrder<readonly DeviceReport[]>(server, 'user.devices', { jid })
  const now = new Date()
  return (
    <section aria-label={o.account.devices}>
      <h3>{o.account.devices}</h3>
      <p role="status" class="trouble">
        {trouble}
      </p>
      <ul class="users">
        {result?.map(({ id, name, usedAt, sessions, paused }) => (
          <li key={id}>
            <span>
              {name ?? id}{' '}
              <span class="more">
                {[
                  o.account.used(ago(new Date(usedAt), now)),
                  ...sessions.map((resource) => (paused.includes(resource) ? o.account.pausedAs(resource) : resource)),
                ].join(', ')}
              </span>
            </span>
            {signOut !== null && (
              <button
                aria-label={o.account.signOutOf(name ?? id)}
                onClick={() => void signOut('user.sign-out', { jid, device: id }, o.account.signedOut(name ?? id)).then(refresh)}
              >
                {o.account.signOut}
              </button>
            )}
          </li>
        ))}
      </ul>
      {result?.length === 0 && <p class="empty">{o.none}</p>}
    </section>
  )
}
