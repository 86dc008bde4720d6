/**
 * The port for the octets of files, which `storage/file-folder.ts` implements. What is known of each file is in the database
 * (`src/files/`). A file never changes: it is written once and removed.
 */
export interface FileStore {
  /**
   * Stores a file under a new name. The next piece is asked for when the last one is written. Resolves when all is on disk.
   * @param name letters, digits, '-' and '_'
   * @throws OperatingError (passing if the disk is full), and the errors of `pieces`: nothing of the file is kept then
   */
  write(name: string, pieces: AsyncIterable<Buffer>): Promise<void>
  /** Opens a file; null if there is none of that name. */
  open(name: string): Promise<OpenFile | null>
  /** Removes a file, if there is one. */
  remove(name: string): Promise<void>
}
export interface OpenFile {
  /** The octets from `start`, and before `end`. When they are read, or given up, the file is closed. */
  read(start: number, end: number): AsyncIterable<Buffer>
  close(): Promise<void>
}
