/** XEP-0045 5: the long-lived rank of a person in a room (affiliation), and their rank while they are in it (role). */

/** 5.2, the highest first. */
export type Affiliation = 'owner' | 'admin' | 'member' | 'none' | 'outcast'
/** 5.1, the highest first. A person without a role is not in the room. */
export type Role = 'moderator' | 'participant' | 'visitor'
