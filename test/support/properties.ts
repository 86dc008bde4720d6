/**
 * Loaded before all tests by tools/test.ts: properties play the same random cases each time, so that a run says something about the
 * change and not about chance. `PORCHLIGHT_SEED=7 npm test` plays others. A test run by hand, without this file, plays new ones.
 */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['PORCHLIGHT_SEED'] ?? 1) })
