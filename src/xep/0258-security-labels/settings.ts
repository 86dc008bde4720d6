/** Options of security labels. */
import { between, choice, count, flag, path, section, type Settings } from '../../base/settings.ts'

export const labelSettings = section({
  'policy': path(
    '',
    'File with the security policy: its classifications, labels and clearances. docs/labels.md describes it. Empty: messages are not judged by labels.',
  ),
  'audit': choice(
    ['denials', 'all'],
    'denials',
    'Which decisions are written to the log: those that withhold something, or all. No line has anything of the content of a message.',
  ),
  'remembered': count(
    1000,
    between(10, 100_000),
    'Decisions that withheld something and that `porchlight explain withheld` can show. The oldest one is forgotten.',
  ),
  'tell-strangers': flag(
    false,
    'Whether a local sender is told that the recipient may not receive a label, although the two are no contacts. It tells users which accounts exist. Otherwise such a message is dropped without an answer, as one for a missing account is.',
  ),
  'bounce-remote': flag(
    false,
    'Whether a contact on another server is told that the recipient may not receive a label. Otherwise the message is dropped without an answer.',
  ),
})
export type LabelSettings = Settings<typeof labelSettings>
