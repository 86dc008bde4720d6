/** RFC 6120 10.4, RFC 6121, XEP-0178, XEP-0220, XEP-0288, XEP-0310: with Debian's ejabberd at the other end. */
import { federates } from './servers/federated.ts'
import { ejabberd } from './servers/ejabberd.ts'

federates(ejabberd)
