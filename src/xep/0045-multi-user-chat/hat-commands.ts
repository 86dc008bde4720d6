/**
 * XEP-0317: the ad-hoc commands by which admins and owners make hats, change and destroy them, and say who wears which. Everybody who
 * may see what the room says of itself may list the hats. Each command takes one step (XEP-0050).
 */
import { hatsOf } from '../../rooms/machine/hats.ts'
import type { Command } from '../../rooms/machine/commands.ts'
import { occupantOfSession, type Hat, type Room } from '../../rooms/machine/room.ts'
import type { Answer, ServiceRequest } from '../../server/routing/registry.ts'
import { el, type Element } from '../../xml/element.ts'
import { dataForm, resultTable, type FormField } from '../../xmpp/data-form.ts'
import { jidOrNull } from '../../xmpp/jid.ts'
import { StanzaError } from '../../xmpp/stanza-error.ts'
import { COMMANDS, type AdHocCommand, type CommandForms } from '../0050-ad-hoc-commands/index.ts'
import { actorOf } from './incoming-presence.ts'
import { maySeeAffiliations } from './lists.ts'
import { orThrow, type Orders } from './orders.ts'
import { refused } from './refused.ts'
import { DISCO_INFO, DISCO_ITEMS, isOpenTo } from './room-info.ts'

const FORM = 'urn:xmpp:hats:commands'

const NAMES = {
  'create': 'Make or change a hat',
  'destroy': 'Destroy a hat',
  'list': 'List the hats',
  'assign': 'Give a hat to somebody',
  'unassign': 'Take a hat from somebody',
  'list-assigned': 'List who wears which hat',
} as const
type Name = keyof typeof NAMES
const ALL = Object.keys(NAMES) as readonly Name[]
const nodeOf = (name: Name): string => `${FORM}:${name}`
const nameOf = (node: string | undefined): Name | undefined => ALL.find((name) => nodeOf(name) === node)

type Values = ReadonlyMap<string, readonly string[]>

export class HatCommands {
  readonly #rooms: Orders
  readonly #forms: CommandForms

  constructor(rooms: Orders, forms: CommandForms) {
    this.#rooms = rooms
    this.#forms = forms
  }
  run(room: Room, request: ServiceRequest): Promise<Answer> {
    const name = nameOf(request.payload.attr('node'))
    if (name === undefined) throw new StanzaError('item-not-found')
    if (!mayUse(room, request, name)) throw refused({ refuse: 'rank' }, room.address.bare)
    const { from, session, afterwards } = request
    const asker = { bare: from.bare, domain: room.address.bare, session, afterwards }
    return this.#forms.run(this.#command(room, request, name), asker, request.payload)
  }
  #command(room: Room, request: ServiceRequest, name: Name): AdHocCommand {
    const { bare } = room.address
    const asked = fieldsOf(room, name)
    const form = async (): Promise<Element> => dataForm({ type: 'form', formType: FORM, title: NAMES[name], fields: asked! })
    return {
      node: nodeOf(name),
      name: NAMES[name],
      form: asked === null ? null : form,
      submit: async (_, values) => {
        if (name === 'list') return listOf(room)
        if (name === 'list-assigned') return wearersOf(room)
        const { packet } = request
        await orThrow(this.#rooms.perform(room.address, actorOf(packet), commandOf(name, values, bare)), packet)
        return 'Done.'
      },
    }
  }
}

/** XEP-0050 2.2: the commands that this person may use. */
export function commandItems(room: Room, request: ServiceRequest): Element {
  const usable = ALL.filter((name) => mayUse(room, request, name))
  const item = (name: Name): Element => el('item', DISCO_ITEMS, { jid: room.address.bare, node: nodeOf(name), name: NAMES[name] })
  return el('query', DISCO_ITEMS, { node: COMMANDS }, ...usable.map(item))
}
/** 2.3; undefined: the node is no command of a room. */
export function commandInfo(node: string): Element | undefined {
  const name = nameOf(node)
  if (name === undefined && node !== COMMANDS) return undefined
  const type = name === undefined ? 'command-list' : 'command-node'
  const identity = { category: 'automation', type, name: name === undefined ? 'Commands' : NAMES[name] }
  const features = [COMMANDS, 'jabber:x:data'].map((feature) => el('feature', DISCO_INFO, { var: feature }))
  return el('query', DISCO_INFO, { node }, el('identity', DISCO_INFO, identity), ...features)
}

function mayUse(room: Room, { from }: ServiceRequest, name: Name): boolean {
  if (name === 'list') return isOpenTo(room, from)
  const own = room.members.get(from.bare)?.affiliation ?? 'none'
  if (name === 'list-assigned') return maySeeAffiliations(room, own, occupantOfSession(room, from.full), 'member')
  return own === 'admin' || own === 'owner'
}

const URI: FormField = { name: 'hats#uri', type: 'text-single', label: 'Hat URI', values: [], isRequired: true }
/** Null: nothing is asked. */
function fieldsOf({ facts: { hats } }: Room, name: Name): readonly FormField[] | null {
  const options = hats.map(({ uri, title }) => [uri, title] as const)
  const which: FormField = { ...URI, type: 'list-single', label: 'The hat', options }
  switch (name) {
    case 'list':
    case 'list-assigned':
      return null
    case 'create': {
      const title: FormField = { name: 'hats#title', type: 'text-single', label: 'Hat Title', values: [], isRequired: true }
      return [title, URI, { name: 'hats#hue', type: 'text-single', label: 'Hat Hue', values: [] }]
    }
    case 'destroy':
      return [which]
    case 'assign':
    case 'unassign':
      return [{ name: 'hats#jid', type: 'jid-single', label: 'User Address', values: [], isRequired: true }, which]
  }
}

/** @throws StanzaError bad-request */
function commandOf(name: Exclude<Name, 'list' | 'list-assigned'>, values: Values, by: string): Command {
  const valueOf = (field: string): string => values.get(`hats#${field}`)?.[0]?.trim() ?? ''
  const wrong = (text: string): StanzaError => new StanzaError('bad-request', { by, text })
  const uri = valueOf('uri')
  if (name === 'destroy') return { do: 'destroy-hat', uri }
  if (name === 'create') {
    const [title, hue] = [valueOf('title'), valueOf('hue')]
    if (!isUri(uri)) throw wrong('hats#uri must be a URI without spaces')
    if (title === '' || title.length > TITLE_MAX) throw wrong(`hats#title must have between 1 and ${TITLE_MAX} characters`)
    if (hue !== '' && !isHue(hue)) throw wrong('hats#hue must be an angle between 0 and 360')
    return { do: 'make-hat', hat: { uri, title, hue } }
  }
  const jid = jidOrNull(valueOf('jid'))
  if (jid === null || jid.local === '') throw wrong('hats#jid must be the address of a person')
  return { do: 'wear', who: jid.bare, uri, isWorn: name === 'assign' }
}
const TITLE_MAX = 100
const URI_MAX = 300
/** RFC 3986 3: a scheme, and no spaces; IRIs too. */
const isUri = (text: string): boolean => text.length <= URI_MAX && /^[a-z][a-z\d+.-]*:[^\s\p{Cc}]+$/iu.test(text)
const isHue = (text: string): boolean => /^\d{1,3}(\.\d{1,9})?$/.test(text) && Number(text) <= 360

const COLUMN = { type: 'text-single', values: [] } as const
const TITLED = [
  { ...COLUMN, name: 'hats#title' },
  { ...COLUMN, name: 'hats#uri' },
  { ...COLUMN, name: 'hats#hue' },
] as const
const rowOf = ({ uri, title, hue }: Hat) => ({ 'hats#title': title, 'hats#uri': uri, 'hats#hue': hue })
const listOf = ({ facts }: Room): Element => resultTable(FORM, TITLED, facts.hats.map(rowOf))
function wearersOf(room: Room): Element {
  const rows = []
  for (const { jid } of room.members.values())
    for (const hat of hatsOf(room, room.facts, jid)) rows.push({ 'hats#jid': jid, ...rowOf(hat) })
  return resultTable(FORM, [{ ...COLUMN, name: 'hats#jid' }, ...TITLED], rows)
}
