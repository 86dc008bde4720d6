/**
 * `npm run compliance`: puts what the last runs of the tests have shown into docs/compliance.json. From there it goes into
 * docs/compliance.md (tools/make-docs.ts), and `porchlight conformance` prints it.
 */
import { writeFileSync } from 'node:fs'
import { STATEMENT, statement, statementText } from './compliance-pages.ts'
import { lastResults } from './test-results.ts'

const results = lastResults()
if (results.runs.length === 0) {
  console.error('No results of tests are here. Run "npm run test:all" first')
  process.exitCode = 1
} else writeFileSync(STATEMENT, statementText(statement(results)))
