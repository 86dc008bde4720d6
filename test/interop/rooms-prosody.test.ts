/** XEP-0045, XEP-0310, XEP-0410: rooms of ours and of Debian's Prosody, with users of both. */
import { prosody } from './servers/prosody.ts'
import { meetInRooms } from './servers/rooms-across.ts'

meetInRooms(prosody)
