/** Options of BOSH (XEP-0124): what is agreed on with each client, and how much of it there may be. */
import { between, count, duration, section, zeroOr, type Settings } from '../../base/settings.ts'

export const boshSettings = section({
  'wait': duration(
    '60 seconds',
    between('1 s', '10 minutes'),
    'The longest that a request is kept waiting for something to answer it with. A client may want less. Proxies on the way must wait longer.',
  ),
  'hold': count(
    1,
    between(1, 10),
    'Requests of one session that are kept waiting at a time; a client may want fewer, and may have one more under way.',
  ),
  'inactivity': duration(
    '30 seconds',
    between('1 s', '1 hour'),
    'Time that a client may have no request under way. Then its connection counts as lost. Clients that cannot be kept waiting have more.',
  ),
  'polling': duration(
    '2 seconds',
    between('1 s', '1 minute'),
    'Empty requests must not come faster. Faster ones end the session with policy-violation.',
  ),
  'max-pause': duration(
    '2 minutes',
    between('1 s', '1 hour'),
    'The longest silence that a client may announce. A longer one ends its session with policy-violation.',
  ),
  'sessions-per-address': count(
    100,
    zeroOr(1, 1_000_000),
    'BOSH sessions of one IP address at a time. One more is refused with policy-violation. 0: no limit.',
  ),
})
export type BoshSettings = Settings<typeof boshSettings>
