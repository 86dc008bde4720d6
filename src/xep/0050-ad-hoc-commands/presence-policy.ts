/** The command with which users decide what others may know of their presence: when they were last available, and pauses. */
import type { Host } from '../../server/feature.ts'
import { choosePolicy } from '../../server/account/choose-policy.ts'
import { LAST_SEEN, NOTHING_CHOSEN, SHARE_PAUSED, type ChosenPolicy } from '../../im/presence-policy.ts'
import { dataForm } from '../../xmpp/data-form.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { chosen, USUAL } from './choices.ts'
import type { AdHocCommand } from './command.ts'

const LAST_SEEN_WORDS = { exact: 'To the second', coarse: 'Only the day', none: 'Not at all' } as const
const SHARE_PAUSED_WORDS = { contacts: 'All contacts', local: 'Contacts on this server', none: 'Nobody' } as const

export function presencePolicy(host: Host): AdHocCommand {
  return {
    node: 'presence-policy',
    name: 'What others may know of my presence',
    async form(bare) {
      const { lastSeen, sharePaused } = (await host.stores.accounts.find(bare))?.policy ?? NOTHING_CHOSEN
      const usual = [USUAL, 'The default of this server'] as const
      return dataForm({
        type: 'form',
        title: 'What others may know of my presence',
        fields: [
          {
            name: 'last-seen',
            type: 'list-single',
            label: 'When I was last here',
            values: [lastSeen ?? USUAL],
            options: [usual, ...Object.entries(LAST_SEEN_WORDS)],
          },
          {
            name: 'share-paused',
            type: 'list-single',
            label: 'Who learns that my connection is interrupted',
            values: [sharePaused ?? USUAL],
            options: [usual, ...Object.entries(SHARE_PAUSED_WORDS)],
          },
        ],
      })
    },
    async submit(bare, values) {
      const change: Partial<ChosenPolicy> = {
        ...chosen('lastSeen', values.get('last-seen')?.[0], LAST_SEEN),
        ...chosen('sharePaused', values.get('share-paused')?.[0], SHARE_PAUSED),
      }
      if (!(await choosePolicy(host, bare, change))) throw new StanzaError('item-not-found')
      return 'Saved.'
    },
  }
}
