/** The pages that the server offers to browsers: the presence board, the first start, and the operator's view. */
import { join } from 'node:path'
import type { Command, Commands } from '../admin/command.ts'
import { LoginsWatch } from '../admin/logins-watch.ts'
import { Changes } from '../admin/operator/changes.ts'
import { Costs } from '../admin/operator/costs.ts'
import { History } from '../admin/operator/history.ts'
import { Logins } from '../admin/operator/logins.ts'
import { reportCommands, type ReportParts } from '../admin/operator/report-commands.ts'
import { storedCommands } from '../admin/operator/stored-commands.ts'
import type { Troubles } from '../admin/operator/troubles.ts'
import { installOperator } from '../admin/operator/web.ts'
import { sessionCommands } from '../admin/session-commands.ts'
import { installFirstRun } from '../board/first-run.ts'
import { installPages } from '../board/pages.ts'
import { isLoopback, textOf } from '../net/address.ts'
import type { LocalAccount } from '../server/account/session.ts'
import type { Host } from '../server/feature.ts'
import { blockingOf } from '../xep/0191-blocking/index.ts'
import { uploadsOf } from '../xep/0363-http-upload/index.ts'
import { nearby, type OpenPort } from './ports.ts'

/** Where `tools/build-web.js` puts the pages: the same relative place in the repository and in the published package. */
const PAGES = join(import.meta.dirname, '../../web/dist')

export class Board {
  readonly #host: Host
  readonly #reports: ReportParts

  constructor(host: Host, troubles: Troubles) {
    const { clock, entropy, metrics, witnesses } = host
    const [logins, history, costs] = [new Logins(clock, entropy), new History(clock, metrics), new Costs(host)]
    this.#host = host
    const changes = new Changes(clock, metrics, host)
    this.#reports = { logins, history, changes, troubles, watch: new LoginsWatch(host), costs, witnesses }
  }
  /** Declares the paths, before the web port is opened. */
  async install(commands: () => Commands): Promise<void> {
    const { http: routes } = this.#host
    await installPages(routes, PAGES)
    installFirstRun(routes, this.#host)
    installOperator(routes, { logins: this.#reports.logins, commands })
  }
  /** The commands that the operator's view needs. */
  commands(ports: readonly OpenPort[], pageSize: number): readonly Command[] {
    const host = this.#host
    const blockedBy = (account: LocalAccount): number => blockingOf(host).entriesOf(account).length
    const stored = { archive: host.stores.accountArchive, files: uploadsOf(host), host, blockedBy }
    return [
      ...sessionCommands(host, pageSize),
      ...reportCommands(this.#reports, () => adminPage(ports)),
      ...storedCommands(stored, pageSize),
    ]
  }
  close(): void {
    this.#reports.history.close()
    this.#reports.changes.close()
  }
}

/** The address of the operator's view for a browser on this machine: without TLS only on the loopback. */
export function adminPage(ports: readonly Pick<OpenPort, 'what' | 'address'>[]): string | null {
  const found = ports
    .filter(({ what, address }) => what === 'https' || (what === 'http' && isLoopback(nearby(address).host)))
    .toSorted((a, b) => a.what.length - b.what.length) // http first, because browsers may warn of the certificate
  return found.length === 0 ? null : `${found[0]!.what}://${textOf(nearby(found[0]!.address))}/admin`
}
