/**
 * An account is read in memory only at its home: by what handles stanzas to it, what its own session does, and what the
 * operator orders. Whatever concerns another account asks that one's home (`server/routing/home.ts`). Here stands which files
 * are at home with the accounts that they name, and why; any other that looks for an account by name is found.
 */
const LOOKS_FOR_ONE = /(?<![#\w])accounts\)?\??\.(get|load|with)\(/

const AT_HOME: readonly (readonly [file: RegExp, why: string])[] = [
  [/^src\/server\/account\//, 'holds the accounts'],
  [/^src\/server\/delivery\/local-domain\.ts$/, 'stanzas to the account'],
  [/^src\/server\/contacts\/(home-here|probe-answers)\.ts$/, 'answers for the account'],
  [/^src\/server\/contacts\/heard\.ts$/, 'reads contacts that are at home here; of others it has what was heard'],
  [/^src\/server\/contacts\/(saying|unanswered-requests|last-seen|subscriptions)\.ts$/, 'the account that says it'],
  [/^src\/server\/contacts\/(roster-audit|groups)\.ts$/, 'the operator orders it'],
  [/^src\/server\/keeping\//, 'the account of the session'],
  [/^src\/server\/labelling\/concerned\.ts$/, 'the operator changes its clearance, and it may be here'],
  [/^src\/server\/links\/mending\.ts$/, 'the account that said it'],
  [/^src\/server\/routing\/iq-service\.ts$/, 'the session that asks, if it is here'],
  [/^src\/matrix\/presence\/(bindings|presence|looking|index)\.ts$/, 'the account of the device, and what it shows to others'],
  [/^src\/stream\/(binding|authentication|registrar)\.ts$/, 'the account of the client, or an order'],
  [/^src\/xep\/0163-personal-eventing\/accounts-of\.ts$/, 'the account whose node it is'],
  [/^src\/xep\/(0398-avatar-conversion|0402-bookmarks)\/index\.ts$/, 'the account whose node has changed'],
  [/^src\/matrix\/data\/ignored\.ts$/, 'the account of the device'],
  [/^src\/matrix\/direct\/(direct-rooms|doing|talks-of)\.ts$/, 'the account whose conversations they are'],
  [/^src\/matrix\/rooms\/user-search\.ts$/, 'the account of the device'],
  [/^src\/xep\/0357-push\/notifying\.ts$/, 'the account whose device is notified'],
  [/^src\/xep\/0386-bind-2\/index\.ts$/, 'the account of the client'],
  [/^src\/xep\/0310-presence-state-annotations\/audit\.ts$/, 'judges what the accounts here were shown of each other'],
  [/^src\/admin\/(explain-commands|user-commands|user-reports|operator\/stored-commands)\.ts$/, 'the operator asks'],
  [/^src\/porchlight\.ts$/, 'the application asks'],
]

/** Lines of `text` that look for an account by name where that is not at home. */
export function* lookingForAccounts(file: string, text: string): Generator<{ readonly line: number; readonly rule: string }> {
  if (AT_HOME.some(([pattern]) => pattern.test(file))) return
  for (const [i, line] of text.split('\n').entries())
    if (LOOKS_FOR_ONE.test(line)) yield { line: i + 1, rule: 'ask the home of the account (server/routing/home.ts)' }
}
/** Entries without a file that looks for an account. */
export const unneededHomes = (texts: readonly (readonly [file: string, text: string])[]): readonly string[] =>
  AT_HOME.filter(([pattern]) => !texts.some(([file, text]) => pattern.test(file) && LOOKS_FOR_ONE.test(text))).map(([pattern]) =>
    String(pattern),
  )
