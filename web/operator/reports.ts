/** The answers of the server to orders, as far as the page shows them. Times are milliseconds since 1970. */

export interface StatusReport {
  readonly version: string
  readonly runtime: string
  readonly uptimeMs: number
  readonly domains: readonly { readonly domain: string; readonly accounts: number }[]
  readonly listening: readonly { readonly what: string; readonly address: string }[]
  readonly sessions: number
  readonly paused: number
  readonly online: number
  readonly memoryBytes: number
  readonly links: { readonly total: number; readonly up: number; readonly suspect: number; readonly down: number }
  readonly certificates: readonly { readonly expiresAt: number }[]
  readonly rooms: { readonly total: number; readonly occupants: number; readonly doubted: number } | null
}
export interface SeriesReport {
  readonly name: string
  readonly help: string
  readonly perSecond: boolean
  readonly values: readonly number[]
}
export interface HistoryReport {
  readonly intervalMs: number
  readonly series: readonly SeriesReport[]
}
export interface SessionReport {
  readonly jid: string
  readonly boundAt: number
  readonly state: 'connected' | 'paused'
  readonly pausedAt: number | null
  readonly transport: string | null
  readonly encryption: string | null
  readonly remote: string | null
  readonly mechanism: string | null
  readonly available: boolean
  readonly waiting: number
  readonly unacknowledged: number
}
export type Standing = 'available' | 'connected' | 'paused'
export interface SessionPageReport {
  readonly sessions: readonly SessionReport[]
  readonly next: string | null
  readonly counts: Readonly<Record<Standing, number>>
}
export interface DoubtsReport {
  readonly total: number
  readonly doubts: readonly {
    readonly about: string
    readonly why: 'connection-paused' | 'server-unavailable'
    readonly since: number
    readonly told: number
  }[]
}
export interface TroubleReport {
  readonly message: string
  readonly level: 'warn' | 'error'
  readonly count: number
  readonly firstAt: number
  readonly lastAt: number
  readonly fields: Readonly<Record<string, string>>
}
export interface LoginFailureReport {
  readonly account: string | null
  readonly address: string
  readonly mechanism: string | null
  readonly reason: string
  readonly count: number
  readonly lastAt: number
}
export interface CostReport {
  readonly jid: string
  readonly deliveries: number
}
export interface UserReport {
  readonly jid: string
  readonly createdAt: number
  readonly sessions: number
  readonly paused: number
  readonly disabled: { readonly at: number; readonly reason: string } | null
}
/** One account, with its sessions. */
export interface AccountReport extends Omit<UserReport, 'sessions' | 'paused'> {
  readonly lastLogin: number | null
  readonly contacts: number
  readonly sessions: readonly {
    readonly resource: string
    readonly boundAt: number
    readonly remote: string | null
    readonly activity: 'active' | 'idle' | 'paused'
    readonly pausedAt: number | null
  }[]
}
export interface DeviceReport {
  readonly id: string
  readonly name: string | null
  readonly usedAt: number
  readonly sessions: readonly string[]
  readonly paused: readonly string[]
}
export interface StoredReport {
  readonly archive: ArchivePageReport['archives'][number] | null
  readonly files: { readonly files: number; readonly octets: number } | null
  readonly pushes: number
  readonly blocked: number
}
/** Of security labels, as far as the page shows it. */
export interface LabelPolicyReport {
  readonly clearances: readonly { readonly id: string }[]
}
export interface ClearanceReport {
  readonly sources: readonly { readonly kind: string; readonly subject: string; readonly clearance: string | null }[]
}
export interface RoomRowReport {
  readonly jid: string
  readonly name: string
  readonly public: boolean
  readonly persistent: boolean
  readonly locked: boolean
  readonly occupants: number
  readonly doubted: number
  readonly sent: number
}
export interface RoomPageReport {
  readonly rooms: readonly RoomRowReport[]
  readonly next: string | null
}
export interface RoomReport {
  readonly jid: string
  readonly createdAt: number
  readonly lockedFor: string | null
  readonly subject: { readonly text: string; readonly by: string; readonly at: number } | null
  readonly settings: Readonly<Record<string, string>>
  readonly occupants: number
  readonly doubted: number
  readonly sent: number
  readonly affiliations: Readonly<Record<'owner' | 'admin' | 'member' | 'outcast', number>>
}
export interface OccupantReport {
  readonly nick: string
  readonly jid: string
  readonly role: string
  readonly affiliation: string
  readonly show: string
  readonly sessions: readonly string[]
  readonly doubts: readonly ('connection-paused' | 'server-unavailable')[]
}
export interface OccupantPageReport {
  readonly occupants: readonly OccupantReport[]
  readonly next: string | null
}
export interface AffiliationReport {
  readonly jid: string
  readonly affiliation: string
  readonly nick: string | null
  readonly reason: string
}
export interface AffiliationPageReport {
  readonly affiliations: readonly AffiliationReport[]
  readonly next: string | null
}
export interface ExplanationReport {
  readonly verdict: string
  readonly resources: readonly {
    readonly jid: string
    readonly confidence: string
    readonly confirmedAt: number | null
    readonly confirmedBy: string | null
  }[]
  readonly reasons: readonly { readonly about: string; readonly words: string; readonly since: number | null }[]
  readonly remedies: readonly string[]
}
export interface LinkReport {
  readonly local: string
  readonly remote: string
  readonly state: 'idle' | 'up' | 'suspect' | 'down'
  readonly since: number
  readonly forced: boolean
  readonly announced: boolean
}
export interface InvitationReport {
  readonly id: string
  readonly inviter: string | null
  readonly domain: string
  readonly name: string
  readonly makesAccount: boolean
  readonly usesMax: number
  readonly uses: number
  readonly expiresAt: number
  readonly note: string
}
export interface NewInvitationReport {
  readonly uri: string
  /** For browsers; null if the address of the web port is not known. */
  readonly page: string | null
}
export interface GroupRowReport {
  readonly name: string
  readonly members: number
}
export interface GroupReport {
  readonly members: readonly string[]
}
export interface DomainListReport {
  readonly blocked: readonly string[]
  readonly allowed: readonly string[]
}
export interface BlockReportPageReport {
  readonly reports: readonly {
    readonly id: string
    readonly reporter: string
    readonly jid: string
    readonly reason: string
    readonly text: string
    readonly messages: readonly string[]
    readonly at: number
  }[]
  readonly next: string | null
}
export interface ChangesReport {
  readonly since: number
  readonly numbers: readonly {
    readonly name: string
    readonly help: string
    readonly grows: boolean
    readonly before: number
    readonly now: number
  }[]
  readonly events: readonly {
    readonly at: number
    readonly kind: 'started' | 'account-created' | 'account-deleted' | 'link-down' | 'link-up'
    readonly about: string
  }[]
  readonly leftOut: number
}
export interface ArchivePageReport {
  readonly archives: readonly {
    readonly jid: string
    readonly messages: number
    readonly oldestAt: number
    readonly newestAt: number
  }[]
  readonly next: string | null
}
export interface FilesReport {
  readonly files: number
  readonly octets: number
  readonly owners: readonly {
    readonly jid: string
    readonly files: number
    readonly octets: number
    readonly nextExpiry: number | null
  }[]
}
