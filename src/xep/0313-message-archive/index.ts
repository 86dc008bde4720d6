/**
 * XEP-0313 and XEP-0441: the archive of each account, which its clients read. `keeping.ts` stores messages on their way,
 * `asking.ts` answers queries. Rooms ask for pages of their own archives in the same way (`ask.ts`, `paging.ts`).
 */
import { defineFeature, xep } from '../../server/feature.ts'
import { RETRACT } from '../../xmpp/retraction.ts'
import { STANZA_ID } from '../../xmpp/stanza-id.ts'
import { FULL_TEXT, MAM, MAM_EXTENDED, MAM_GROUPCHAT } from './ask.ts'
import { Asking } from './asking.ts'
import { Keeping } from './keeping.ts'
import { archiveSettings } from './settings.ts'
import { Shortening } from './shortening.ts'
import { migrations, Strangers } from './strangers.ts'

export { archiveForm, FULL_TEXT, MAM, MAM_EXTENDED, OF_ROOMS, readArchiveAsk, type ArchiveAsk } from './ask.ts'
export { endOf, metadataOf, resultOf, visibleIn, type Filtered, type Found } from './paging.ts'
export { searchPage } from './word-search.ts'

export const messageArchive = defineFeature({
  name: 'message-archive',
  specs: [
    xep(313, 'Message Archive Management', '1.1.3', 'complete', 'of accounts and of rooms'),
    xep(441, 'Message Archive Management Preferences', '0.2.0'),
    xep(431, 'Full Text Search in MAM', '0.2.0', 'complete', 'of accounts and of rooms; all words, without accents and capitals'),
    xep(359, 'Unique and Stable Stanza IDs', '0.7.0'),
  ],
  settings: archiveSettings,
  async install(host, settings) {
    const { accountArchive } = host.stores
    await host.database.migrate('xep-0313', migrations)
    const strangers = new Strangers({
      clock: host.clock,
      database: host.database,
      router: host.router,
      parties: host.parties,
      writtenTo: host.writtenTo,
      messagesMax: settings['strangers-messages'],
      octetsMax: settings['strangers-size'],
    })
    for (const change of ['account-created', 'account-deleted'] as const)
      host.on(change, ({ jid }) =>
        host.router.busyWith(
          Promise.all([accountArchive.clear(jid.bare), strangers.forget(jid.bare)]).then(
            () => {},
            (error: unknown) => host.log.error({ err: error }, 'The archive of a deleted account could not be removed'),
          ),
        ),
      )
    if (!settings.enabled) return
    const shortening = new Shortening({
      archive: accountArchive,
      clock: host.clock,
      log: host.log,
      keptMs: settings.keep,
      messagesMax: settings.messages,
      octetsMax: settings.size,
      shortened: async (owner, edge) => {
        await strangers.shorten(owner, edge)
        host.tell('archive-shortened', { owner, edge })
      },
    })
    const keeping = new Keeping(host, settings, { strangers, shortening })
    shortening.start()
    host.on('server-stopping', () => shortening.stop())
    const asking = new Asking(host, settings)
    host.fromAccount('archive-out', (context) => keeping.sent(context), { kinds: ['message'] })
    host.toAccount('archive-plan', (context) => keeping.plan(context), { kinds: ['message'] })
    host.toAccount('archive-in', (context) => keeping.received(context), { kinds: ['message'] })
    const rule = { ns: MAM, access: 'owner', refusal: 'forbidden' } as const
    host.iqToAccount({ ...rule, type: 'get', name: 'query', handle: () => asking.form() })
    host.iqToAccount({ ...rule, type: 'set', name: 'query', handle: (request) => asking.query(request) })
    host.iqToAccount({ ...rule, type: 'get', name: 'metadata', handle: (request) => asking.metadata(request) })
    host.iqToAccount({ ...rule, type: 'get', name: 'prefs', handle: (request) => asking.prefs(request) })
    host.iqToAccount({ ...rule, type: 'set', name: 'prefs', handle: (request) => asking.setPrefs(request) })
    // XEP-0386 3.2
    host.streamFeatures.whileBinding.push(async ({ bare }) => ({ told: await asking.metadataOf(bare), bound: () => {} }))
    // profanity 0.13 looks for it at the domain, as other servers have it there too
    host.disco.server.features.push(MAM, MAM_EXTENDED)
    host.disco.account.features.push(MAM, MAM_EXTENDED, MAM_GROUPCHAT, FULL_TEXT, STANZA_ID, RETRACT, `${RETRACT}#tombstone`)
  },
})
