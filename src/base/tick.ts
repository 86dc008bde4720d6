/** The end of the present turn of the event loop: when all input that has arrived has been read. */

export type EndOfTick = (run: () => void) => void

export const endOfTick: EndOfTick = (run) => {
  setImmediate(run)
}
