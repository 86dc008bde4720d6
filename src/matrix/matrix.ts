/** What the parts of the Matrix API share. */
import type { Host } from '../server/feature.ts'
import type { Devices } from './accounts/devices.ts'
import type { AccountData } from './data/account-data.ts'
import type { Filters } from './data/filters.ts'
import type { Ignored } from './data/ignored.ts'
import type { Profiles } from './data/profile.ts'
import type { Media } from './media/media.ts'
import type { Pictures } from './media/pictures.ts'
import type { Paces } from './http/paces.ts'
import type { Waits } from './http/waiting.ts'
import type { UserIdSpace } from './ids/user-id.ts'
import type { MatrixPresence } from './presence/index.ts'
import type { MatrixSettings } from './settings.ts'
import type { Wakes } from './sync/wakes.ts'

export interface Matrix {
  readonly host: Host
  readonly settings: MatrixSettings
  readonly ids: UserIdSpace
  readonly media: Media
  readonly pictures: Pictures
  readonly devices: Devices
  readonly paces: Paces
  readonly waits: Waits
  readonly wakes: Wakes
  readonly presence: MatrixPresence
  readonly accountData: AccountData
  readonly ignored: Ignored
  readonly filters: Filters
  readonly profiles: Profiles
}
