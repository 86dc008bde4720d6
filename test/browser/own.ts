/** What a person does with their own presence on the board. */
import type { Page } from 'playwright-core'

export interface Shown {
  readonly show?: string
  readonly status?: string
  readonly priority?: string
  readonly invisible?: boolean
}
export async function present(page: Page, { show, status, priority, invisible }: Shown): Promise<void> {
  if (show !== undefined) await page.click(`.own [data-show=${show}]`)
  if (status !== undefined) {
    await page.fill('.own [name=status]', status)
    await page.press('.own [name=status]', 'Enter')
  }
  if (priority === undefined && invisible === undefined) return
  await openMore(page)
  if (priority !== undefined) {
    await page.fill('.own [name=priority]', priority)
    await page.press('.own [name=priority]', 'Tab')
  }
  if (invisible !== undefined) await page.setChecked('.own [name=invisible]', invisible)
}
export async function signOut(page: Page): Promise<void> {
  await openMore(page)
  await page.click('text=Sign out')
}
async function openMore(page: Page): Promise<void> {
  if (!(await page.isVisible('.own [name=priority]'))) await page.click('.own summary')
}
