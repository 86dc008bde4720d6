/** Options of the store for messages. */
import { between, count, duration, section, size, zeroOr, type Settings } from '../../base/settings.ts'
import type { OfflineLimits } from './store.ts'

export const offlineSettings = section({
  'messages': count(
    1000,
    between(0, 100_000),
    'Messages from contacts that are stored for one account. Each contact has a share: at most as many of their messages are stored as places are still free. A message beyond that is refused with service-unavailable.',
  ),
  'size': size(
    '2 MiB',
    zeroOr('1 KB', '1 GiB'),
    'Size of those messages together, shared in the same way. More are refused with service-unavailable. "0 B": none is stored.',
  ),
  'strangers-messages': count(
    250,
    between(0, 100_000),
    'Messages from strangers that are stored in addition. One user of this server, or one other domain with all domains of the same certificate or address, may take up half of what the others leave free. One more is dropped, because an answer would tell that the account exists.',
  ),
  'strangers-size': size(
    '512 KiB',
    zeroOr('1 KB', '1 GiB'),
    'Size of those messages together, shared in the same way. More are dropped. "0 B": none is stored.',
  ),
  'archive-wait': duration(
    '5 seconds',
    zeroOr('100 ms', '10 minutes'),
    'How long a client that has logged in by Bind 2 (XEP-0386), and is available, may take to ask its archive. If it does not, it is sent the messages that have waited for its user. "0 s": it is sent them at once, and may find them in the archive again.',
  ),
})
export type OfflineSettings = Settings<typeof offlineSettings>

export const offlineLimits = (settings: OfflineSettings): OfflineLimits => ({
  known: { messages: settings['messages'], octets: settings['size'] },
  strangers: { messages: settings['strangers-messages'], octets: settings['strangers-size'] },
})
