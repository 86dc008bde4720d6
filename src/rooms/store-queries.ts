/** The statements of rooms. */
import { sql, type Kysely } from 'kysely'
import type { Millis } from '../base/clock.ts'
import { prepare } from '../storage/prepare.ts'
import type { RoomTables } from './tables.ts'

type Room = RoomTables['room']
type MemberRow = RoomTables['room_member']
type Remains = RoomTables['room_remains']

export function roomQueries(db: Kysely<RoomTables>) {
  return {
    byAddress: prepare((p: { address: string }) => db.selectFrom('room').selectAll().where('address', '=', p.address)),
    members: prepare((p: { address: string }) =>
      db
        .selectFrom('room_member')
        .innerJoin('room', 'room.uid', 'room_member.uid')
        .selectAll('room_member')
        .where('room.address', '=', p.address)
        .orderBy('room_member.since')
        .orderBy('room_member.jid'),
    ),
    addressOf: prepare((p: { uid: string }) => db.selectFrom('room').select('address').where('uid', '=', p.uid)),
    insert: prepare((p: Room) =>
      db.insertInto('room').values({
        uid: p.uid,
        domain: p.domain,
        address: p.address,
        created_at: p.created_at,
        config: p.config,
        name: p.name,
        public: p.public,
        persistent: p.persistent,
        locked_for: p.locked_for,
        locked_at: p.locked_at,
        subject: p.subject,
        subject_by: p.subject_by,
        subject_nick: p.subject_nick,
        subject_at: p.subject_at,
        secret: p.secret,
        edge: p.edge,
      }),
    ),
    update: prepare((p: Room) =>
      db
        .updateTable('room')
        .set({
          config: p.config,
          name: p.name,
          public: p.public,
          persistent: p.persistent,
          locked_for: p.locked_for,
          locked_at: p.locked_at,
          subject: p.subject,
          subject_by: p.subject_by,
          subject_nick: p.subject_nick,
          subject_at: p.subject_at,
        })
        .where('uid', '=', p.uid),
    ),
    edge: prepare((p: { uid: string }) => db.selectFrom('room').select('edge').where('uid', '=', p.uid)),
    moveEdge: prepare((p: { uid: string; edge: number }) =>
      db.updateTable('room').set({ edge: p.edge }).where('uid', '=', p.uid),
    ),
    drop: prepare((p: { uid: string }) => db.deleteFrom('room').where('uid', '=', p.uid)),
    putMember: prepare((p: MemberRow) =>
      db
        .insertInto('room_member')
        .values({
          uid: p.uid,
          jid: p.jid,
          affiliation: p.affiliation,
          nick: p.nick,
          role: p.role,
          standing: p.standing,
          lasting: p.lasting,
          by_jid: p.by_jid,
          until: p.until,
          registered: p.registered,
          by_registration: p.by_registration,
          reason: p.reason,
          hats: p.hats,
          since: p.since,
        })
        .onConflict((c) =>
          c.columns(['uid', 'jid']).doUpdateSet((eb) => ({
            affiliation: eb.ref('excluded.affiliation'),
            nick: eb.ref('excluded.nick'),
            role: eb.ref('excluded.role'),
            standing: eb.ref('excluded.standing'),
            lasting: eb.ref('excluded.lasting'),
            by_jid: eb.ref('excluded.by_jid'),
            until: eb.ref('excluded.until'),
            registered: eb.ref('excluded.registered'),
            by_registration: eb.ref('excluded.by_registration'),
            reason: eb.ref('excluded.reason'),
            hats: eb.ref('excluded.hats'),
          })),
        ),
    ),
    dropMember: prepare((p: { uid: string; jid: string }) =>
      db.deleteFrom('room_member').where('uid', '=', p.uid).where('jid', '=', p.jid),
    ),
    pictures: prepare((p: { address: string }) =>
      db
        .selectFrom('room_card')
        .innerJoin('room', 'room.uid', 'room_card.uid')
        .select('room_card.pictures')
        .where('room.address', '=', p.address),
    ),
    card: prepare((p: { uid: string }) => db.selectFrom('room_card').select('card').where('uid', '=', p.uid)),
    putCard: prepare((p: RoomTables['room_card']) =>
      db
        .insertInto('room_card')
        .values({ uid: p.uid, card: p.card, pictures: p.pictures })
        .onConflict((c) =>
          c.column('uid').doUpdateSet((eb) => ({ card: eb.ref('excluded.card'), pictures: eb.ref('excluded.pictures') })),
        ),
    ),
    hats: prepare((p: { address: string }) =>
      db
        .selectFrom('room_hats')
        .innerJoin('room', 'room.uid', 'room_hats.uid')
        .select('room_hats.hats')
        .where('room.address', '=', p.address),
    ),
    putHats: prepare((p: RoomTables['room_hats']) =>
      db
        .insertInto('room_hats')
        .values({ uid: p.uid, hats: p.hats })
        .onConflict((c) => c.column('uid').doUpdateSet((eb) => ({ hats: eb.ref('excluded.hats') }))),
    ),
    dropCard: prepare((p: { uid: string }) => db.deleteFrom('room_card').where('uid', '=', p.uid)),
    bury: prepare((p: Remains) =>
      db.insertInto('room_remains').values({
        uid: p.uid,
        address: p.address,
        why: p.why,
        ended_at: p.ended_at,
        alternate: p.alternate,
        reason: p.reason,
        owners: p.owners,
        log_until: p.log_until,
      }),
    ),
    tombstone: prepare((p: { address: string; after: Millis }) =>
      db
        .selectFrom('room_remains')
        .selectAll()
        .where('address', '=', p.address)
        .where('why', '=', 'destroyed')
        .where('ended_at', '>', p.after)
        .orderBy('ended_at', 'desc')
        .limit(1),
    ),
    logsToGo: prepare((p: { now: Millis; limit: number }) =>
      db.selectFrom('room_remains').select('uid').where('log_until', '<=', p.now).limit(p.limit),
    ),
    logGone: prepare((p: { uid: string }) => db.updateTable('room_remains').set({ log_until: null }).where('uid', '=', p.uid)),
    forgetRemains: prepare((p: { before: Millis }) =>
      db.deleteFrom('room_remains').where('ended_at', '<', p.before).where('log_until', 'is', null),
    ),
    listed: prepare((p: { domain: string; after: string; limit: number }) =>
      db
        .selectFrom('room')
        .select(['address', 'name', 'config'])
        .where('domain', '=', p.domain)
        .where('public', '=', 1)
        .where('locked_for', 'is', null)
        .where('address', '>', p.after)
        .orderBy('address')
        .limit(p.limit),
    ),
    listedBefore: prepare((p: { domain: string; before: string; limit: number }) =>
      db
        .selectFrom('room')
        .select(['address', 'name', 'config'])
        .where('domain', '=', p.domain)
        .where('public', '=', 1)
        .where('locked_for', 'is', null)
        .where('address', '<', p.before)
        .orderBy('address', 'desc')
        .limit(p.limit),
    ),
    /** `like`: a pattern in which a backslash takes the meaning from the next character. */
    found: prepare((p: { like: string; after: string; limit: number }) =>
      db
        .selectFrom('room')
        .select(['address', 'name', 'created_at', 'public', 'persistent', 'locked_for'])
        .where(sql<boolean>`(address like ${p.like} escape '\\' or lower(name) like ${p.like} escape '\\')`)
        .where('address', '>', p.after)
        .orderBy('address')
        .limit(p.limit),
    ),
    count: prepare(() => db.selectFrom('room').select(({ fn }) => fn.countAll<number | string>().as('total'))),
    unsettled: prepare((p: { after: string; limit: number }) =>
      db
        .selectFrom('room')
        .select('address')
        .where((eb) => eb.or([eb('persistent', '=', 0), eb('locked_for', 'is not', null)]))
        .where('address', '>', p.after)
        .orderBy('address')
        .limit(p.limit),
    ),
    after: prepare((p: { after: string; limit: number }) =>
      db.selectFrom('room').select(['uid', 'address', 'edge']).where('uid', '>', p.after).orderBy('uid').limit(p.limit),
    ),
    ofPerson: prepare((p: { jid: string }) =>
      db
        .selectFrom('room_member')
        .innerJoin('room', 'room.uid', 'room_member.uid')
        .select('room.address')
        .where('room_member.jid', '=', p.jid)
        .orderBy('room.address'),
    ),
    lastingOf: prepare((p: { jid: string }) =>
      db
        .selectFrom('room_member')
        .innerJoin('room', 'room.uid', 'room_member.uid')
        .select(['room.uid', 'room.address', 'room_member.affiliation', 'room_member.standing', 'room_member.lasting'])
        .where('room_member.jid', '=', p.jid)
        .where((eb) => eb.or([eb('room_member.lasting', '=', 1), eb('room_member.affiliation', '=', 'outcast')]))
        .orderBy('room.address'),
    ),
    owned: prepare((p: { jid: string; limit: number }) =>
      db.selectFrom('room_member').select('uid').where('jid', '=', p.jid).where('affiliation', '=', 'owner').limit(p.limit),
    ),
    locked: prepare((p: { jid: string; limit: number }) =>
      db.selectFrom('room').select('uid').where('locked_for', '=', p.jid).limit(p.limit),
    ),
  }
}
