/** The files of accounts: how many there are, and who has the most. */
import { sizeWords } from '../model/shared-file.ts'
import { clockTime } from '../model/words.ts'
import { locale } from '../words/language.ts'
import { useOrder } from './order.ts'
import { Panel } from './panel.tsx'
import type { FilesReport } from './reports.ts'
import type { Server } from './server.ts'
import { o } from './words.ts'

/** `files` is null if the server takes none. */
interface Answer {
  readonly files: FilesReport | null
}

export function Files({ server }: { readonly server: Server }) {
  const { result, trouble } = useOrder<Answer>(server, 'files.report')
  const files = result?.files ?? null
  return (
    <Panel title={o.files.title} trouble={trouble}>
      {result !== null && files === null && <p class="empty">{o.files.off}</p>}
      {files !== null && (
        <>
          <p>{o.files.total(files.files, sizeWords(files.octets, locale))}</p>
          {files.owners.length > 0 && <Table rows={files.owners} />}
        </>
      )}
    </Panel>
  )
}

function Table({ rows }: { readonly rows: FilesReport['owners'] }) {
  const now = new Date()
  return (
    <div class="table" tabIndex={0} role="region" aria-label={o.files.table}>
      <table>
        <thead>
          <tr>
            {[o.address, o.files.files, o.files.octets, o.files.next].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ jid, files, octets, nextExpiry }) => (
            <tr key={jid}>
              <th scope="row">{jid}</th>
              <td>{files.toLocaleString(locale)}</td>
              <td>{sizeWords(octets, locale)}</td>
              <td>{nextExpiry === null ? o.files.never : clockTime(new Date(nextExpiry), now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
