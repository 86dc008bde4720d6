/**
 * XEP-0377: a user who blocks somebody can say why. The report is stored in the same step as the block, and the operator reads it.
 * The server itself does nothing about it (EXT-5).
 */
import type { Millis } from '../../base/clock.ts'
import { between, count, section } from '../../base/settings.ts'
import { defineFeature, xep, type Host } from '../../server/feature.ts'
import { alongBlocksOf } from '../0191-blocking/index.ts'
import { REPORTING, reportsIn } from './report.ts'
import { migrations, ReportStore } from './store.ts'

const DAY: Millis = 86_400_000

const settings = section({
  'per-day': count(
    20,
    between(1, 10_000),
    'Reports of one user in a day. Further ones are dropped; the address is blocked all the same.',
  ),
  'kept': count(10_000, between(10, 1_000_000), 'Reports of all users that are kept. With one more, the oldest is forgotten.'),
  'text': count(1000, between(0, 10_000), 'Characters of the text of a report that are kept.'),
})

const books = new WeakMap<Host, ReportStore>()
/** The reports of users. */
export const reportsOf = (host: Host): ReportStore => books.get(host)!

export const blockReports = defineFeature({
  name: 'block-reports',
  specs: [xep(377, 'Blocking Command Reports', '0.4.1', 'complete', 'for the operator; nothing is forwarded')],
  needs: ['blocking'],
  settings,
  async install(host, { 'per-day': perDay, kept, text }) {
    const { clock, entropy, log, metrics } = host
    await host.database.migrate('xep-0377', migrations)
    const store = new ReportStore(host.database)
    books.set(host, store)
    const total = metrics.counter('porchlight_block_reports_total', 'Reports of users about people whom they block')
    const dropped = metrics.counter('porchlight_block_reports_dropped_total', 'Reports of users who had made too many in a day')
    alongBlocksOf(host).push(async ({ bare }, items) => {
      const reports = reportsIn(items, text)
      if (reports.length === 0) return []
      const now = clock.now()
      const left = Math.max(0, perDay - (await store.countSince(bare, now - DAY)))
      total.value += Math.min(left, reports.length)
      dropped.value += Math.max(0, reports.length - left)
      for (const { jid, reason } of reports.slice(0, left)) log.info({ about: jid.full, reason }, 'A user has reported somebody')
      return [
        ...reports.slice(0, left).map((report) => store.adding(entropy.bytes(8).toString('hex'), bare, report, now)),
        store.shortening(kept),
      ]
    })
    host.disco.server.features.push(REPORTING)
  },
})
