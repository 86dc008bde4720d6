/** The first start: while the server has no account, whoever sits at its machine may make two in the browser. */

export interface FirstRun {
  readonly domain: string
}
export interface NewAccount {
  readonly name: string
  readonly password: string
}

/** @returns null: the server has accounts, or we are not at its machine */
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
