/** Options of BOSH (XEP-0124): what the server agrees on with each client, and the limits. */
import { between, count, duration, section, zeroOr, type Settings } from '../../base/settings.ts'

export const boshSettings = section({
  'wait': duration(
    '60 seconds',
    between('1 s', '10 minutes'),
    'How long a request is held at most while there is nothing to send. A client may ask for less. Proxies on the way must wait longer.',
  ),
  'hold': count(
    1,
    between(1, 10),
    'How many requests of one session are held at a time. A client may ask for fewer, and may have one more request under way.',
  ),
  'inactivity': duration(
    '30 seconds',
    between('1 s', '1 hour'),
    'How long a client may have no request under way. After that its connection counts as lost. Clients whose requests cannot be held get more time.',
  ),
  'polling': duration(
    '2 seconds',
    between('1 s', '1 minute'),
    'Shortest time between two empty requests. A faster client loses its session with policy-violation.',
  ),
  'max-pause': duration(
    '2 minutes',
    between('1 s', '1 hour'),
    'Longest pause that a client may announce. A longer one ends its session with policy-violation.',
  ),
  'sessions-per-address': count(
    100,
    zeroOr(1, 1_000_000),
    'BOSH sessions of one IP address at a time. One more is refused with policy-violation. 0: no limit.',
  ),
})
export type BoshSettings = Settings<typeof boshSettings>
