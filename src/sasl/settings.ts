/** How users prove who they are. */
import { between, count, flag, list, section, zeroOr, type Settings } from '../base/settings.ts'

/** Every mechanism but PLAIN, which has options of its own. */
export const SCRAM_AND_EXTERNAL: readonly string[] = [
  'SCRAM-SHA-512-PLUS',
  'SCRAM-SHA-256-PLUS',
  'SCRAM-SHA-1-PLUS',
  'SCRAM-SHA-512',
  'SCRAM-SHA-256',
  'SCRAM-SHA-1',
  'EXTERNAL',
]

export const saslSettings = section({
  'mechanisms': list(
    SCRAM_AND_EXTERNAL,
    'SASL mechanisms that may be offered. Each is offered where it makes sense: -PLUS and EXTERNAL only inside TLS.',
  ),
  'plain': flag(
    false,
    'Whether PLAIN is offered too, inside TLS. Every SCRAM mechanism is better: with PLAIN the server sees the password.',
  ),
  'plain-without-tls': flag(
    false,
    'Whether PLAIN is also offered without TLS, where anybody on the network can read the password. For tests only.',
  ),
  'downgrade-protection': flag(
    true,
    'Whether SCRAM also protects the list of offered mechanisms (XEP-0474), so that a client notices when somebody on the network has removed some.',
  ),
  'failures-per-address': count(
    10,
    zeroOr(1, 1_000_000),
    'Failed logins from one address (for IPv6: one /64 network) in a minute. Further attempts with a password wait for up to 10 seconds, and are refused with temporary-auth-failure if they would wait longer. 0: no limit.',
  ),
  'failures-per-account': count(
    30,
    zeroOr(1, 1_000_000),
    'Failed logins to one account in a minute, with the same consequence. An address from which somebody has logged in to the account before, or from which no login has failed, is not slowed down. 0: no limit.',
  ),
  'iterations': count(
    10_000,
    between(4096, 1_000_000),
    'PBKDF2 iterations for passwords that are set from now on (RFC 5802 5.1 asks for at least 4096).',
  ),
})
export type SaslSettings = Settings<typeof saslSettings>
