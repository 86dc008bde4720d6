/** XEP-0317 for the client library, which knows hats of before version 0.2: their titles have another name since then. */
import { JXT } from 'stanza'

declare module 'stanza/protocol' {
  interface Hat {
    title?: string
  }
}

export const hats: JXT.DefinitionOptions = {
  element: 'hat',
  namespace: 'urn:xmpp:hats:0',
  path: 'hat',
  fields: { title: JXT.attribute('title') },
}
