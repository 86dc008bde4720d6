/** RFC 6120 10.4, RFC 6121, XEP-0178, XEP-0198, XEP-0220, XEP-0288, XEP-0310: with Debian's Prosody at the other end. */
import { federates, federatesBy } from './servers/federated.ts'
import { prosody } from './servers/prosody.ts'

federates(prosody)
federatesBy(prosody, 'dialback beside certificates')
