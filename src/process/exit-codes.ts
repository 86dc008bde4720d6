/** How the process ends. From 64 up the numbers are those of sysexits.h. */

export const OK = 0
/** The command could not be carried out: no such user, the server is not running... The message says why. */
export const FAILED = 1
/** The command line is wrong. */
export const USAGE = 64
/** Something that the server needs is not available: a port, the database, a certificate. */
export const UNAVAILABLE = 69
/** An error in the server itself. */
export const INTERNAL = 70
/** The server was told to restart and cannot do so itself: its supervisor should start it again at once. */
export const START_AGAIN = 75
/** The configuration is wrong: starting again does not help. */
export const BAD_CONFIG = 78
