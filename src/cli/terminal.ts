/** Asks for a password: on a terminal without showing it, or from a pipe. */
import type { Readable } from 'node:stream'
import type { ReadStream } from 'node:tty'

/** The most characters of a line: more than any allowed password has. */
const LINE_MAX = 4096

/** The first line; all text if there is no line end. */
export async function readLine(input: Readable): Promise<string> {
  let text = ''
  input.setEncoding('utf8')
  for await (const chunk of input) {
    text += chunk as string
    if (text.includes('\n') || text.length > LINE_MAX) break
  }
  return text.split(/\r?\n/, 1)[0]!
}

const ENTER = ['\r', '\n', '\x04'] // and Ctrl-D
const GIVE_UP = '\x03' // Ctrl-C: in raw mode the terminal sends no signal
const ERASE = ['\x7f', '\b']

/** Null if the user pressed Ctrl-C. */
export function readSecret(input: ReadStream, output: { write(text: string): void }, prompt: string): Promise<string | null> {
  // Raw mode comes before the prompt: the user may type as soon as the prompt appears, and nothing of it may be shown.
  input.setRawMode(true)
  input.setEncoding('utf8')
  output.write(prompt)
  return new Promise((resolve) => {
    let text = ''
    const done = (answer: string | null): void => {
      input.removeListener('data', onKeys)
      input.setRawMode(false)
      input.pause()
      output.write('\n')
      resolve(answer)
    }
    const onKeys = (keys: string): void => {
      for (const key of keys) {
        if (ENTER.includes(key)) return done(text)
        if (key === GIVE_UP) return done(null)
        if (ERASE.includes(key)) text = [...text].slice(0, -1).join('')
        else if (key >= ' ') text += key
      }
    }
    input.on('data', onKeys)
    input.resume()
  })
}
