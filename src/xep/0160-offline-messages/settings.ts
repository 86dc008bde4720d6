/** Options of the store for messages. */
import { between, count, section, size, zeroOr, type Settings } from '../../base/settings.ts'
import type { OfflineLimits } from './store.ts'

export const offlineSettings = section({
  'messages': count(
    1000,
    between(0, 100_000),
    'Messages of contacts that are stored for one account. One contact may have as many of them as are still free for others. One more is refused with service-unavailable.',
  ),
  'size': size(
    '2 MiB',
    zeroOr('1 KB', '1 GiB'),
    'What those messages may take up, shared likewise. What is over is refused with service-unavailable. "0 B": none is stored.',
  ),
  'strangers-messages': count(
    250,
    between(0, 100_000),
    'Messages of people outside the roster that are stored beside those. One of our users, or one domain of others with all that have the same certificate or address, may have as many of them as are still free for others. One more is dropped: an answer would tell that there is such an account.',
  ),
  'strangers-size': size(
    '512 KiB',
    zeroOr('1 KB', '1 GiB'),
    'What those messages may take up, shared likewise. What is over is dropped. "0 B": none is stored.',
  ),
})
export type OfflineSettings = Settings<typeof offlineSettings>

export const offlineLimits = (settings: OfflineSettings): OfflineLimits => ({
  known: { messages: settings['messages'], octets: settings['size'] },
  strangers: { messages: settings['strangers-messages'], octets: settings['strangers-size'] },
})
