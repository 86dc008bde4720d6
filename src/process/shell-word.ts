/** A text as one word of a command line that a person copies into a shell. */

const PLAIN = /^[\w@%+=:,./-]+$/
/** For cmd.exe and PowerShell, where a backslash separates folders. */
const PLAIN_ON_WINDOWS = /^[\w@+=:,./\\-]+$/

/** @param platform as Node.js names it */
export function shellWord(text: string, platform: string): string {
  if (platform === 'win32') return PLAIN_ON_WINDOWS.test(text) ? text : `"${text}"`
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
