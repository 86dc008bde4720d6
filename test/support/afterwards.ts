/** What helpers want of the test that they help: to be told when it is over, and whether it went well. */
export interface Afterwards {
  after(what: () => unknown): void
  readonly passed: boolean
  diagnostic(text: string): void
}
