/** Text as one word of a command line that somebody copies into their shell. */

const PLAIN = /^[\w@%+=:,./-]+$/
/** Of cmd.exe and PowerShell: a backslash stands between folders. */
const PLAIN_ON_WINDOWS = /^[\w@+=:,./\\-]+$/

/** @param platform as Node.js names it */
export function shellWord(text: string, platform: string): string {
  if (platform === 'win32') return PLAIN_ON_WINDOWS.test(text) ? text : `"${text}"`
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
