/** Finds circles of imports: files that import each other, directly or through others, even if only for types. */
import { dirname, join, normalize } from 'node:path'

/** The files of the project that a file imports, for values or for types. */
export function importsOf(file: string, text: string): readonly string[] {
  const found = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)]
  return found.map((match) => normalize(join(dirname(file), match[1]!)))
}

/**
 * The circles of a graph, each as the names in it (Tarjan 1972: strongly connected components with more than one member).
 * @param arrows the targets of each name; names that are not keys are ignored
 */
export function circles(arrows: ReadonlyMap<string, Iterable<string>>): readonly (readonly string[])[] {
  const found: string[][] = []
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const visit = (name: string): number => {
    order.set(name, order.size)
    lowest.set(name, order.get(name)!)
    open.push(name)
    for (const to of arrows.get(name)!) {
      if (!arrows.has(to)) continue
      const reached = order.has(to) ? (open.includes(to) ? order.get(to)! : Infinity) : visit(to)
      lowest.set(name, Math.min(lowest.get(name)!, reached))
    }
    if (lowest.get(name) === order.get(name)) {
      const circle = open.splice(open.indexOf(name))
      if (circle.length > 1) found.push(circle.sort())
    }
    return lowest.get(name)!
  }
  for (const name of arrows.keys()) if (!order.has(name)) visit(name)
  return found
}
