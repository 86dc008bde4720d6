/** How the process ends. From 64 up the numbers are those of sysexits.h. */

export const OK = 0
/** The order could not be carried out: no such user, the server is not running... The message says why. */
export const FAILED = 1
/** The command line is wrong. */
export const USAGE = 64
/** Something that the server needs cannot be had: a port, the database, a certificate. */
export const UNAVAILABLE = 69
/** A mistake in the server itself. */
export const INTERNAL = 70
/** It was told to start again and cannot do so itself: whoever watches over it should start it again at once. */
export const START_AGAIN = 75
/** The configuration is wrong: starting again does not help. */
export const BAD_CONFIG = 78
