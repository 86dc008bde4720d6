/** `npm run test:model`: two hundred plays of the model. */
import { worlds } from './check.ts'

worlds(Array.from({ length: 200 }, (_, seed) => seed))
