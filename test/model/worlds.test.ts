/** `npm run test:model`: two hundred plays of the model. */
import { worlds } from './check.ts'

const FORGOTTEN = 'what was decided while a link was broken is forgotten when the server ends'
const AUDIT = 'the audit takes what is told upon a subscription for a repetition'
/** Seeds that fail, and why: what still has to be mended. */
const TODO: ReadonlyMap<number, string> = new Map([
  [2, 'contacts elsewhere are not shown to who logs in anew after the death of the server'],
  ...[7, 36, 46, 77, 90, 93, 120, 121, 126].map((seed): [number, string] => [seed, FORGOTTEN]),
  ...[59, 66, 171].map((seed): [number, string] => [seed, AUDIT]),
  [94, 'a pause is told to who has hidden, and its server does not know yet; that it is over is not told'],
  [124, 'a doubt is left over when everything is mended'],
])

worlds(
  Array.from({ length: 200 }, (_, seed) => seed),
  TODO,
)
