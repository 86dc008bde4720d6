/** How long a certificate is still valid, in words. */
import type { StatusReport } from './reports.ts'
import { o } from './words.ts'

const DAY_MS = 86_400_000

export function certificateWords({ expiresAt }: StatusReport['certificates'][number]): string {
  const days = Math.floor((expiresAt - Date.now()) / DAY_MS)
  return days < 0 ? o.overview.expired : o.overview.goodFor(days)
}
