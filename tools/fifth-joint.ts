/**
 * Finds functions that are put into an object from outside: a public field that holds a function and can be replaced, and a
 * method or a setter that stores the single function it receives. With these the last caller wins, and nobody sees who that
 * is. An object receives what it needs in its constructor; events are told as facts; for several callers there is a list.
 */
export interface Joint {
  readonly line: number
  readonly rule: string
}

/** The names of the function types in a file. */
export function functionTypes(text: string): readonly string[] {
  return Array.from(text.matchAll(/^(?:export )?type (\w+)(?:<[^=]*>)? =\s+(?:<.*?>)?\([^\n]*=>/gm), (match) => match[1]!)
}

/** @param types names of function types, in any file */
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

/** The public members of exported classes, and what looks like one in interfaces. In our format each begins after two spaces. */
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

/** A field that can be assigned, with its type, or with its initial value if it has no type. */
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

/** Also a function that may be null. Not a list of functions. */
function isFunction(type: string, types: ReadonlySet<string>): boolean {
  const one = type.replace(/ \| (null|undefined)\b/g, '').trim()
  if (one.startsWith('((') && one.endsWith('[]')) return false
  const inner = /^\(([^]*)\)$/.exec(one)?.[1] ?? one
  return /^(<.*?>)?\([^]*\)(: [^=]*)? =>/.test(inner) || /^\w+ =>/.test(inner) || types.has(one)
}
