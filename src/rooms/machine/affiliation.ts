/** XEP-0045 5: what somebody is to a room for good (affiliation), and what they are in it (role). */

/** 5.2, the highest first. */
export type Affiliation = 'owner' | 'admin' | 'member' | 'none' | 'outcast'
/** 5.1, the highest first. Who has none is not in the room. */
export type Role = 'moderator' | 'participant' | 'visitor'
