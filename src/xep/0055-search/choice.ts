/** The command with which users decide whether others find them. */
import { dataForm } from '../../xmpp/data-form.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import type { AdHocCommand } from '../0050-ad-hoc-commands/index.ts'
import type { People } from './store.ts'

const TITLE = 'Whether people can search for me'
const FIELD = 'listed'
const CHOICES = new Map([
  ['default', null],
  ['yes', true],
  ['no', false],
])

export function searchChoice(people: People): AdHocCommand {
  return {
    node: 'search',
    name: TITLE,
    async form(bare) {
      const chosen = await people.choice(bare)
      const value = [...CHOICES].find(([, choice]) => choice === chosen)![0]
      return dataForm({
        type: 'form',
        title: TITLE,
        instructions: 'People who search find you by the first name, last name, nickname and e-mail address of your card.',
        fields: [
          {
            name: FIELD,
            type: 'list-single',
            label: 'People find me',
            values: [value],
            options: [
              ['default', 'The default of this server'],
              ['yes', 'Yes'],
              ['no', 'No'],
            ],
          },
        ],
      })
    },
    async submit(bare, values) {
      const chosen = CHOICES.get(values.get(FIELD)?.[0] ?? '')
      if (chosen === undefined) throw new StanzaError('bad-request', { text: 'Choose one of the options' })
      await people.choose(bare, chosen)
      return 'Saved.'
    },
  }
}
