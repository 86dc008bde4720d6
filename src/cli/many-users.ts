/** `porchlight user add-all FILE`: accounts from a CSV file (RFC 4180), as a spreadsheet saves it. */
import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { CommandError } from '../admin/command.ts'
import type { Authority } from '../admin/control-client.ts'
import type { World } from '../process/world.ts'
import { generatedPassword } from './accounts.ts'
import { withAuthority } from './authority.ts'
import { setupOf, type ConfigOptions } from './config-options.ts'

interface Row {
  /** The line in the file, counted from 1. */
  readonly line: number
  readonly jid: string
  /** '' if a password is to be generated. */
  readonly password: string
  /** False if the line has more fields, for example because a password contains a comma. */
  readonly isWhole: boolean
}

/**
 * Creates an account for each line, "address" or "address,password". A failure does not stop the others. Generated passwords
 * are printed as CSV.
 * @throws CommandError if the file cannot be read, or at the end if some accounts could not be created
 */
export async function addUsers(world: World, file: string, options: ConfigOptions): Promise<void> {
  const rows = await rowsOf(resolve(world.directory, file))
  const failed = await withAuthority(world, setupOf(world, options), async (authority) => {
    const failures: string[] = []
    for (const row of rows) {
      const failure = await add(world, authority, row)
      if (failure !== null) failures.push(`line ${row.line}: ${failure}`)
    }
    return failures
  })
  world.stderr.write(`${rows.length - failed.length} of ${rows.length} accounts were created.\n`)
  if (failed.length > 0) throw new CommandError(failed.join('\n'))
}

/** Returns null if the account was created, otherwise the reason why not. */
async function add(world: World, authority: Authority, { jid, password, isWhole }: Row): Promise<string | null> {
  if (!isWhole) return 'There are more than two fields. Put a password with a comma in quotes.'
  // The text after the separator can be a password, so no message repeats it.
  if (/@.*[;\t]/.test(jid)) return 'The fields are not separated by a comma. Save the file with commas.'
  const given = password === '' ? generatedPassword() : password
  try {
    const { jid: made } = (await authority.ask('user.add', { jid, password: given })) as { readonly jid: string }
    if (password === '') world.stdout.write(`${made},${given}\n`)
    return null
  } catch (error) {
    if (error instanceof CommandError) return error.message
    throw error
  }
}

/** @throws CommandError */
async function rowsOf(file: string): Promise<readonly Row[]> {
  const { parse, CsvError } = await import('csv-parse/sync')
  try {
    const octets = readFileSync(file)
    if (!isUtf8(octets)) throw new CommandError(`${file} is not UTF-8. Save it as "CSV UTF-8". Nothing was done.`)
    const text = octets.toString()
    const found = parse(text, { bom: true, info: true, relaxColumnCount: true, skipEmptyLines: true, trim: true }) as unknown
    return (found as readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[]).map(
      ({ record: [jid = '', password = '', ...more], info }) => ({
        line: info.lines,
        jid,
        password,
        isWhole: more.every((field) => field === ''),
      }),
    )
  } catch (error) {
    if (error instanceof CommandError) throw error
    if (error instanceof CsvError) throw new CommandError(`${file} is no CSV file: ${error.message}. Nothing was done.`)
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}. Name another file.`)
  }
}
