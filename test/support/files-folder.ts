/** A folder for uploaded files that goes away with the process; it exists once the first file comes. */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileFolder } from '../../src/storage/file-folder.ts'

const root = join(tmpdir(), `porchlight-files-${randomBytes(8).toString('hex')}`)
process.on('exit', () => rmSync(root, { recursive: true, force: true }))
let folders = 0

export const filesInFolder = (): FileFolder => new FileFolder(join(root, String((folders += 1))))
