/** The first start: while the server has no account, a person at its machine can create two in the browser. */

export interface FirstRun {
  readonly domain: string
}
export interface NewAccount {
  readonly name: string
  readonly password: string
}

/** @returns null if the server has accounts, or the browser is on another machine */
export async function firstRun(): Promise<FirstRun | null> {
  const response = await fetch('first-run')
  return response.ok ? ((await response.json()) as FirstRun) : null
}
/** @returns null, or what was wrong, in words */
export async function makeAccounts(accounts: readonly NewAccount[]): Promise<string | null> {
  const response = await fetch('first-run', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ accounts }),
  })
  return response.ok ? null : ((await response.json()) as { error: string }).error
}
