/** Types of the load generator's graph of contacts. */
export class Graph {
  constructor(n: number, r: number)
  contacts(i: number): number[]
}
