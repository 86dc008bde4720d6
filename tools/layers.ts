/** Which folder of src/ may import which; docs/architecture.md says what each folder contains. */
const CORE = ['base', 'xml', 'xmpp', 'im', 'sasl', 'server'] as const
/** For each folder: the other folders whose files it may import. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  xml: ['base'],
  xmpp: ['base', 'xml'],
  im: ['base', 'xml', 'xmpp'],
  net: ['base'],
  cluster: ['base'],
  sasl: ['base', 'xmpp'],
  server: ['base', 'xml', 'xmpp', 'im', 'sasl'],
  stream: [...CORE, 'net'],
  storage: [...CORE, 'cluster'],
  rooms: [...CORE, 'storage'],
  pubsub: [...CORE, 'storage'],
  files: [...CORE, 'storage'],
  xep: [...CORE, 'storage', 'rooms', 'pubsub', 'files', 'admin'],
  matrix: [...CORE, 'storage', 'rooms', 'pubsub', 'files', 'xep'],
  admin: ['base', 'xmpp', 'im', 'sasl', 'server', 'net', 'rooms'],
  board: ['base', 'xmpp', 'server'],
  config: ['base', 'xml', 'xmpp', 'im', 'sasl', 'server', 'net', 'stream', 'xep', 'matrix', 'admin'],
  process: [...CORE, 'net', 'stream', 'storage', 'rooms', 'pubsub', 'xep', 'matrix', 'board', 'config', 'import', 'admin'],
  embed: [...CORE, 'stream', 'config', 'process'],
  import: [...CORE, 'stream', 'storage', 'rooms', 'xep', 'admin'],
  cli: [...CORE, 'net', 'storage', 'config', 'import', 'admin', 'process'],
}

/**
 * The wings of src/server/, from the bottom up: each may import the named ones, and `ports.ts`. The files beside the wings put
 * them together: features see `feature.ts` and `host.ts`, and `server.ts` is the whole.
 */
export const WING_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'stream-management': [],
  'account': [],
  'pipeline': ['account'],
  'streams': ['account', 'pipeline'],
  'routing': ['account', 'pipeline'],
  'labelling': ['account', 'routing'],
  'contacts': ['account', 'routing'],
  'links': ['account', 'routing', 'contacts'],
  'explaining': ['account', 'contacts', 'links'],
  'keeping': ['account', 'routing', 'contacts'],
  'rush': ['account', 'pipeline'],
  'delivery': ['account', 'pipeline', 'routing', 'contacts', 'keeping', 'explaining', 'rush'],
}
/** Files of src/server/ that every wing may import. */
export const BELOW_ALL_WINGS: readonly string[] = ['ports.ts', 'settings.ts']
