/** The command with which users decide what reaches them from people who are not in their roster. */
import { NOTHING_CHOSEN, STRANGERS } from '../../im/presence-policy.ts'
import { choosePolicy } from '../../server/account/choose-policy.ts'
import type { Host } from '../../server/feature.ts'
import { dataForm } from '../../xmpp/data-form.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { chosen, USUAL } from './choices.ts'
import type { AdHocCommand } from './command.ts'

const TITLE = 'Who may write to me'
const WORDS = {
  all: 'Everybody',
  requests: 'My contacts; others may ask to become a contact',
  none: 'My contacts only',
} as const

export function strangersPolicy(host: Host): AdHocCommand {
  return {
    node: 'strangers',
    name: TITLE,
    async form(bare) {
      const { strangers } = (await host.stores.accounts.find(bare))?.policy ?? NOTHING_CHOSEN
      return dataForm({
        type: 'form',
        title: TITLE,
        fields: [
          {
            name: 'strangers',
            type: 'list-single',
            label: TITLE,
            values: [strangers ?? USUAL],
            options: [[USUAL, 'The default of this server'], ...Object.entries(WORDS)],
          },
        ],
      })
    },
    async submit(bare, values) {
      const change = chosen('strangers', values.get('strangers')?.[0], STRANGERS)
      if (!(await choosePolicy(host, bare, change))) throw new StanzaError('item-not-found')
      return 'Saved.'
    },
  }
}
