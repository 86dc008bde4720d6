/** XEP-0045, XEP-0310, XEP-0410: rooms of ours and of Debian's ejabberd, with users of both. */
import { ejabberd } from './servers/ejabberd.ts'
import { meetInRooms } from './servers/rooms-across.ts'

meetInRooms(ejabberd)
