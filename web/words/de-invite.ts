/** Die Texte der Seite einer Einladung auf Deutsch. */
import type { inviteEn } from './en-invite.ts'

export const inviteDe: typeof inviteEn = {
  title: 'Einladung',
  gone: 'Diese Einladung ist verbraucht, zu alt oder zurückgenommen. Bitten Sie um eine neue.',
  invites: (inviter) => `${inviter} lädt Sie ein zu`,
  invited: 'Sie sind eingeladen zu',
  openInstead: 'Oder öffnen Sie die Einladung in einem XMPP-Programm:',
  open: 'Öffnen Sie die Einladung in einem XMPP-Programm:',
  register: (domain) => `bei ${domain} anmelden`,
  add: (inviter) => `${inviter} hinzufügen`,
  until: (when) => `Die Einladung gilt bis ${when}.`,
  name: (domain) => `Name bei ${domain}`,
  password: 'Passwort, mindestens 8 Zeichen',
  button: 'Konto anlegen',
  address: 'Ihre Adresse ist',
  firstContact: (inviter) => `${inviter} ist Ihr erster Kontakt.`,
  logIn: 'Melden Sie sich mit einem XMPP-Programm an, oder',
  here: 'in diesem Browser',
}
