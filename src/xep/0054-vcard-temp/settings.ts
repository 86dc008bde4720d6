/** Options of cards. */
import { between, choice, section, size, text, type Settings } from '../../base/settings.ts'

export const ACCESS = ['everybody', 'known', 'contacts'] as const

export const cardSettings = section({
  'access': choice(
    ACCESS,
    'everybody',
    'Who can read the card of a user. "known": people in their contact list, people who have asked to be, and people in the same room. "contacts": people who see their presence. Others get the same answer as for an address that does not exist.',
  ),
  'size': size(
    '240 KiB',
    between('1 KB', '4 MiB'),
    'Size of one card, with its photo. A larger one is refused with not-acceptable. [streams] stanza-size must be larger.',
  ),
  'answers-size': size(
    '16 MiB',
    between('64 KiB', '1 GiB'),
    'Size of the cards that are read for one local user, or for one other domain with all domains of the same certificate or address, in ten seconds. More requests are refused with policy-violation.',
  ),
  'name': text('', 'The name in the card of the server itself. Empty: its domain.'),
  'description': text('', 'The description in the card of the server itself.'),
  'url': text('', 'The web page in the card of the server itself.'),
})
export type CardSettings = Settings<typeof cardSettings>
