/** The tables of the programs on a database, and each statement about them. Times are those of the database. */
import { octetsOf, viewOfOne } from '../cluster/view.ts'
import type { Role } from '../cluster/joining.ts'
import { TIMES } from '../cluster/times.ts'
import type { PostgresSession } from './postgres-connection.ts'
import { connectionName } from './postgres-fence.ts'

/** A program that uses the database. */
export interface Member {
  /** The same for each run with the same data directory. */
  readonly identity: string
  /** Where it runs, in words for the operator of another one. */
  readonly place: string
  readonly role: Role
}
export interface FoundHolder {
  readonly node: number
  readonly incarnation: string
  readonly place: string
  readonly role: Role
  /** Differs after each renewal. */
  readonly renewedAt: string
  readonly age: number
  readonly hasEnded: boolean
}
export interface Found {
  /** The number of the program that looks. */
  readonly node: number
  /** The program that has the database; null if none has. */
  readonly holder: FoundHolder | null
}

/** "Porc", and the schema: programs in different schemas of one database do not meet. */
const LOCK = `select pg_advisory_xact_lock(1349481059, hashtext(current_schema()))`
const AGE = `(extract(epoch from clock_timestamp() - renewed_at) * 1000)`
const TABLES = [
  'create table if not exists cluster_member (node integer primary key, identity text not null unique, incarnation text not null, role text not null, place text not null, state text not null, renewed_at timestamptz not null)',
  'create table if not exists cluster_fence (node integer not null, incarnation text not null, batch bigint not null, primary key (node, incarnation))',
  'create table if not exists cluster_view (id smallint primary key, epoch bigint not null, members text not null, owner bytea not null, decided_at timestamptz not null)',
]
/** Of the database, and not of what is in it. */
export const MEMBER_TABLES: readonly string[] = ['cluster_member', 'cluster_fence', 'cluster_view']

/** Before anything else: makes the tables. */
export async function makeTables(session: PostgresSession): Promise<void> {
  const statements = [LOCK.replace('select', 'perform'), 'drop table if exists porchlight_server', ...TABLES] // that one is of an earlier version
  await session.run(`do $$ begin ${statements.map((statement) => `${statement};`).join(' ')} end $$`)
}

/** Renews the row of `member`, and looks who has the database. */
export async function lookAround(session: PostgresSession, member: Member, incarnation: string): Promise<Found> {
  const { identity, place, role } = member
  try {
    const [, , { rows }] = await session.together(() =>
      Promise.all([
        session.run('begin'),
        session.run(LOCK),
        session.run(
          `insert into cluster_member (node, identity, incarnation, role, place, state, renewed_at)
           values ((select coalesce(max(node), 0) + 1 from cluster_member), $1, $2, $3, $4, 'waiting', clock_timestamp())
           on conflict (identity) do nothing returning node`,
          [identity, incarnation, role, place],
        ),
      ]),
    )
    if (rows.length === 0) await takeRow(session, member, incarnation)
    const [found] = await session.together(() => Promise.all([foundBy(session, member, incarnation), session.run('commit')]))
    return found
  } catch (error) {
    await session.run('rollback').catch(() => {})
    throw error
  }
}
/** The row of an earlier run becomes that of this one, unless the earlier one still has the database. */
async function takeRow(session: PostgresSession, { identity, role, place }: Member, incarnation: string): Promise<void> {
  await session.run(
    `update cluster_member set incarnation = $2, role = $3, place = $4, state = 'waiting', renewed_at = clock_timestamp()
     where identity = $1 and (state <> 'up' or incarnation = $2)`,
    [identity, incarnation, role, place],
  )
}
async function foundBy(session: PostgresSession, { identity }: Member, incarnation: string): Promise<Found> {
  const [own, { rows }] = await Promise.all([
    session.run('select node from cluster_member where identity = $1', [identity]),
    session.run(
      `select node, incarnation, place, role, renewed_at::text, ${AGE}, identity,
         (select count(*) from pg_stat_activity where application_name = '${connectionName('')}' || incarnation)
       from cluster_member where state = 'up' and incarnation <> $1`,
      [incarnation],
    ),
  ])
  const node = own.rows[0]![0] as number
  const row = rows[0]
  if (row === undefined) return { node, holder: null }
  const [holderNode, of, place, role, renewedAt, age, other, connections] = row as [
    ...[number, string, string, Role, string, number, string, number],
  ]
  const hasEnded = directoryOf(other) === directoryOf(identity) && connections === 0
  return { node, holder: { node: holderNode, incarnation: of, place, role, renewedAt, age, hasEnded } }
}
/** A command has the identity of the server, and a word behind it. */
const directoryOf = (identity: string): string => identity.split(' ', 1)[0]!

/** In a transaction: shuts `holder` out, once what it has begun is over. False if it is not as it was found. */
export async function deleteFence(session: PostgresSession, holder: FoundHolder | null, incarnation: string): Promise<boolean> {
  await session.run(LOCK)
  if (holder !== null) {
    const { count } = await session.run(
      `update cluster_member set state = 'left' where incarnation = $1 and state = 'up' and ($2::boolean or ${AGE} >= ${TIMES.lease})`,
      [holder.incarnation, holder.hasEnded ? 'true' : 'false'],
    )
    if (count === 0) return false
  }
  const { rows } = await session.run(`select 1 from cluster_member where state = 'up' and incarnation <> $1`, [incarnation])
  if (rows.length > 0) return false
  await session.run('delete from cluster_fence')
  return true
}
/** In the same transaction: the program has the database, and is the home of every slot. */
export async function putUp(session: PostgresSession, node: number, incarnation: string, member: Member): Promise<void> {
  const { members, owner } = viewOfOne(node)
  await Promise.all([
    session.run('insert into cluster_fence values ($1, $2, 0)', [node, incarnation]),
    session.run(
      `update cluster_member set incarnation = $2, role = $3, place = $4, state = 'up', renewed_at = clock_timestamp() where node = $1`,
      [node, incarnation, member.role, member.place],
    ),
    session.run(
      `insert into cluster_view values (1, 1, $1, $2, clock_timestamp())
       on conflict (id) do update set epoch = cluster_view.epoch + 1, members = excluded.members, owner = excluded.owner, decided_at = excluded.decided_at`,
      [members.join(' '), Buffer.from(octetsOf(owner))],
    ),
  ])
}

/** False if the program does not have the database any more. */
export async function renewal(session: PostgresSession, node: number, incarnation: string): Promise<boolean> {
  const { count } = await session.run(
    `update cluster_member set renewed_at = clock_timestamp() where node = $1 and incarnation = $2 and state = 'up'`,
    [node, incarnation],
    RENEWAL_SLOT,
  )
  return count === 1
}
const RENEWAL_SLOT = 0

export async function release(session: PostgresSession, node: number, incarnation: string): Promise<void> {
  await session.together(() =>
    Promise.all([
      session.run('begin'),
      session.run('delete from cluster_fence where node = $1 and incarnation = $2', [node, incarnation]),
      session.run(`update cluster_member set state = 'left' where node = $1 and incarnation = $2`, [node, incarnation]),
      session.run('commit'),
    ]),
  )
}
