/**
 * Finds functions that are put into an object from outside: a public field that holds a function and may be replaced, and a
 * method or a setter that stores the one function it is given. The last caller wins, and nobody sees who that is. What an
 * object needs, its constructor takes; what has happened is told as a fact; where several may have a say there is a list.
 */
export interface Joint {
  readonly line: number
  readonly rule: string
}

/** The names of the types in a file that are functions. */
export function functionTypes(text: string): readonly string[] {
  return Array.from(text.matchAll(/^(?:export )?type (\w+)(?:<[^=]*>)? =\s+(?:<.*?>)?\([^\n]*=>/gm), (match) => match[1]!)
}

/** @param types names of types that are functions, in any file */
export function fifthJoints(text: string, types: ReadonlySet<string>): readonly Joint[] {
  const found: Joint[] = []
  for (const { line, member } of membersOf(text)) {
    const field = fieldOf(member)
    if (field !== null && isFunction(field.type, types))
      found.push({ line, rule: `the function ${field.name} can be replaced from outside` })
    const setter = setterOf(member, types)
    if (setter !== null) found.push({ line, rule: `${setter} stores one function that it is given` })
  }
  return found
}

/** The public members of exported classes, and what of interfaces looks like them. The format has each begin after two spaces. */
function* membersOf(text: string): Generator<{ readonly line: number; readonly member: string }> {
  const lines = text.split('\n')
  let isInside = false
  let begin = -1
  for (const [i, line] of lines.entries()) {
    const isBegin = isInside && /^ {2}\w/.test(line)
    if (begin >= 0 && (isBegin || /^ {2}(#|\/)|^\}/.test(line))) {
      yield { line: begin + 1, member: lines.slice(begin, i).join('\n').trim() }
      begin = -1
    }
    if (isBegin) begin = i
    if (/^export (abstract )?(class|interface) .*\{$/.test(line)) isInside = true
    if (line.startsWith('}')) isInside = false
  }
}

/** A field that may be assigned; its type, or the value that it begins with where it names none. */
function fieldOf(member: string): { readonly name: string; readonly type: string } | null {
  if (/^(static )?(readonly|private|protected) /.test(member)) return null
  const match = /^(?:static )?(\w+)[?!]?(?::\s+([^]*?)(?:\s=\s[^>][^]*)?|\s=\s+([^]*))$/.exec(member)
  return match === null ? null : { name: match[1]!, type: match[2] ?? match[3]! }
}

function setterOf(member: string, types: ReadonlySet<string>): string | null {
  const match = /^(?:async )?(?:set )?(?!constructor\b)(\w+)(?:<[^(]*>)?\(([^]*)$/.exec(member)
  if (match === null) return null
  for (const [, name, type] of match[2]!.matchAll(/(\w+)\??: (\([^)\n]*\) => |\w+)/g)) {
    const isStored = new RegExp(`this\\.#?\\w+ = ${name!}(?=\\)|$)`, 'm').test(member)
    if (isStored && isFunction(type!, types)) return match[1]!
  }
  return null
}

/** Also one that may be null. Not a list of them. */
function isFunction(type: string, types: ReadonlySet<string>): boolean {
  const one = type.replace(/ \| (null|undefined)\b/g, '').trim()
  if (one.startsWith('((') && one.endsWith('[]')) return false
  const inner = /^\(([^]*)\)$/.exec(one)?.[1] ?? one
  return /^(<.*?>)?\([^]*\)(: [^=]*)? =>/.test(inner) || /^\w+ =>/.test(inner) || types.has(one)
}
