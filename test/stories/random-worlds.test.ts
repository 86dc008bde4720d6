/**
 * A few random plays of the model (test/model): two or three whole servers, twenty users, everything that breaks. `npm run
 * test:model` plays two hundred.
 */
import { worlds } from '../model/check.ts'

worlds([1, 3, 8])
