/** The push services of devices (XEP-0357), beside their tokens: `devices.ts` has the table. */
import type { Kysely } from 'kysely'
import type { Millis } from '../base/clock.ts'
import type { PushService } from '../server/ports.ts'
import { prepare } from './prepare.ts'

export interface PushRow {
  owner: string
  device: string
  service: string
  node: string
  options: string
  enabled_at: Millis
  /** 1: the device had a token then, and goes with its last one. */
  by_token: 0 | 1
}
export interface PushTables {
  device_push: PushRow
  device_token: { owner: string; device: string }
}

export const serviceOf = ({ owner, device, service, node, options, enabled_at }: PushRow): PushService => ({
  owner,
  device,
  service,
  node,
  options,
  enabledAt: enabled_at,
})

export function pushQueriesOf(db: Kysely<PushTables>) {
  const table = 'device_push'
  const withoutToken = () =>
    db
      .deleteFrom(table)
      .where('by_token', '=', 1)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('device_token')
              .select('device_token.device')
              .whereRef('device_token.owner', '=', 'device_push.owner')
              .whereRef('device_token.device', '=', 'device_push.device'),
          ),
        ),
      )
  return {
    pushes: prepare((p: { owner: string }) =>
      db.selectFrom(table).selectAll().where('owner', '=', p.owner).orderBy('enabled_at'),
    ),
    enable: prepare((p: PushService) =>
      db
        .insertInto(table)
        .values((eb) => ({
          owner: p.owner,
          device: p.device,
          service: p.service,
          node: p.node,
          options: p.options,
          enabled_at: p.enabledAt,
          by_token: eb
            .case()
            .when(
              eb.exists(
                eb.selectFrom('device_token').select('device').where('owner', '=', p.owner).where('device', '=', p.device),
              ),
            )
            .then(eb.cast<0 | 1>(eb.lit(1), 'integer'))
            .else(eb.cast<0 | 1>(eb.lit(0), 'integer'))
            .end(),
        }))
        .onConflict((c) =>
          c.columns(['owner', 'service', 'node']).doUpdateSet((eb) => ({
            device: eb.ref('excluded.device'),
            options: eb.ref('excluded.options'),
            enabled_at: eb.ref('excluded.enabled_at'),
            by_token: eb.ref('excluded.by_token'),
          })),
        ),
    ),
    /** Beyond the newest ones. */
    crowdOut: prepare((p: { owner: string; max: number }) =>
      db
        .deleteFrom(table)
        .where('owner', '=', p.owner)
        .where('enabled_at', '<', (eb) =>
          eb
            .selectFrom((of) =>
              of
                .selectFrom(table)
                .select('enabled_at')
                .where('owner', '=', p.owner)
                .orderBy('enabled_at', 'desc')
                .limit(p.max)
                .as('newest'),
            )
            .select((of) => of.fn.min('newest.enabled_at').as('oldest')),
        ),
    ),
    disable: prepare((p: { owner: string; service: string }) =>
      db.deleteFrom(table).where('owner', '=', p.owner).where('service', '=', p.service),
    ),
    disableNode: prepare((p: { owner: string; service: string; node: string }) =>
      db.deleteFrom(table).where('owner', '=', p.owner).where('service', '=', p.service).where('node', '=', p.node),
    ),
    dropOf: prepare((p: { owner: string; device: string }) =>
      db.deleteFrom(table).where('owner', '=', p.owner).where('device', '=', p.device),
    ),
    dropAll: prepare((p: { owner: string }) => db.deleteFrom(table).where('owner', '=', p.owner)),
    dropWithoutToken: prepare((p: { owner: string }) => withoutToken().where('owner', '=', p.owner)),
    dropAllWithoutToken: prepare(withoutToken),
  }
}
