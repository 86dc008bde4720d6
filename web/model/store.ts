/** Holds a value and tells its listeners about each new one. */
export class Store<T> {
  #value: T
  readonly #listeners = new Set<() => void>()

  constructor(value: T) {
    this.#value = value
  }
  get value(): T {
    return this.#value
  }
  update(next: (value: T) => T): void {
    this.#value = next(this.#value)
    for (const listener of this.#listeners) listener()
  }
  /** @returns a function that removes the listener */
  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
