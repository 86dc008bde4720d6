/** `npm run test:model`: two hundred plays of the model. */
import { worlds } from './check.ts'

const FORGOTTEN = 'what was decided while a link was broken is forgotten when the server ends'
/** Seeds that fail, and why: what still has to be mended. */
const TODO: ReadonlyMap<number, string> = new Map(
  [7, 36, 46, 77, 90, 93, 120, 121, 126].map((seed): [number, string] => [seed, FORGOTTEN]),
)

worlds(
  Array.from({ length: 200 }, (_, seed) => seed),
  TODO,
)
