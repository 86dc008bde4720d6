/** The end of the current turn of the event loop: all input that has arrived has been read. */

export type EndOfTick = (run: () => void) => void

export const endOfTick: EndOfTick = (run) => {
  setImmediate(run)
}

/** Resolves at the end of this turn. */
export const tickOver = (): Promise<void> => new Promise((over) => endOfTick(over))
