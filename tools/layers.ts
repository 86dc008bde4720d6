/** Which folder of src/ may import which; docs/architecture.md says what is in them. */
const CORE = ['base', 'xml', 'xmpp', 'im', 'server'] as const
/** Folder: the folders whose files it may import, beside its own. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  xml: ['base'],
  xmpp: ['base', 'xml'],
  im: ['base', 'xml', 'xmpp'],
  net: ['base'],
  server: ['base', 'xml', 'xmpp', 'im'],
  stream: [...CORE, 'net'],
  storage: [...CORE],
  xep: [...CORE, 'storage'],
  admin: ['base', 'xmpp', 'server', 'net'],
  board: ['base', 'xmpp', 'server'],
  config: ['base', 'xmpp', 'server', 'net', 'stream', 'xep', 'admin'],
  process: [...CORE, 'net', 'stream', 'storage', 'xep', 'board', 'config', 'admin'],
  embed: [...CORE, 'stream', 'config', 'process'],
  import: [...CORE, 'stream', 'storage', 'xep'],
  cli: [...CORE, 'net', 'storage', 'config', 'import', 'admin', 'process'],
}
