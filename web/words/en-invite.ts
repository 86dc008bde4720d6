/** The texts of the page of an invitation in English. */

export const inviteEn = {
  title: 'Invitation',
  gone: 'This invitation is used up, too old, or was taken back. Ask for another one.',
  invites: (inviter: string): string => `${inviter} invites you to chat at`,
  invited: 'You are invited to',
  openInstead: 'Or open the invitation in an XMPP client:',
  open: 'Open the invitation in an XMPP client:',
  register: (domain: string): string => `register at ${domain}`,
  add: (inviter: string): string => `add ${inviter}`,
  until: (when: string): string => `The invitation is good until ${when}.`,
  name: (domain: string): string => `Name at ${domain}`,
  password: 'Password, 8 characters at least',
  button: 'Make my account',
  address: 'Your address is',
  firstContact: (inviter: string): string => `${inviter} is your first contact.`,
  logIn: 'Log in with any XMPP client, or',
  here: 'in this browser',
}
