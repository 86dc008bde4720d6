/** Options of the archives of accounts. */
import { between, choice, count, duration, flag, section, size, zeroOr, type Settings } from '../../base/settings.ts'

export const archiveSettings = section({
  'enabled': flag(true, 'Whether messages of users are archived. If not, clients can ask for none of what was said.'),
  'default': choice(
    ['always', 'roster', 'never'],
    'always',
    'Whose messages are archived, for users who have chosen nothing else (XEP-0441): of everybody, of contacts, or of nobody.',
  ),
  'keep': duration('365 days', between('1 hour', '36500 days'), 'How long a message stays in an archive.'),
  'messages': count(
    100_000,
    between(1, 100_000_000),
    'Messages in one archive. Beyond it the oldest ones are removed, within minutes or, with very many accounts, hours.',
  ),
  'size': size(
    '500 MiB',
    between('1 MiB', '1000 GiB'),
    'Size of the texts in one archive, about. Beyond it the oldest messages are removed, likewise.',
  ),
  'strangers-messages': count(
    1000,
    between(0, 1_000_000),
    'Messages that one archive takes in any 30 days from people whom its user does not know. One user of this server, or one other domain with all domains of the same certificate or address, may take up half of what the others leave free. One more is delivered and not archived.',
  ),
  'strangers-size': size(
    '4 MiB',
    zeroOr('1 KB', '1 GiB'),
    'Size of those messages together, shared in the same way. More are delivered and not archived. "0 B": none is archived.',
  ),
  'searched': count(
    50_000,
    between(200, 100_000_000),
    'How many messages one search for words (XEP-0431) looks through. It ends there, and says that there is more; if it has found nothing, it is refused with resource-constraint.',
  ),
  'users-choose': flag(
    true,
    'Whether users may choose whose messages are archived. If not, the option "default" applies to all, and what they have chosen does not count.',
  ),
})
export type ArchiveSettings = Settings<typeof archiveSettings>
