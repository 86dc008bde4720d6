/*
 * What `import 'porchlight'` loads: the library, or a sentence if this Node.js is too old to read it. Plain JavaScript that
 * Node.js 18 and later can read, with nothing imported before the version is known.
 */
const WANTED = 26

if (Number(process.versions.node.split('.')[0]) < WANTED)
  throw new Error(
    `The library "porchlight" needs Node.js ${WANTED}; this is ${process.version}. npm has installed Node.js ${WANTED} with it: start the application by a script in package.json, or with node_modules/.bin/node.`,
  )

const library = await import('../dist/porchlight.js')

export const {
  CertificateError,
  ConfigError,
  ControlError,
  createPorchlight,
  credentialsOf,
  JidError,
  Porchlight,
  PortError,
  StanzaError,
  StorageError,
} = library
