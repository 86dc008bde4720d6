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
    await page.fill(`${OWN} [name=priority]`, priority)
    await page.press(`${OWN} [name=priority]`, 'Tab')
  }
  if (invisible !== undefined) await page.setChecked(`${OWN} [name=invisible]`, invisible)
  await page.click(`${OWN} .close`)
}
export async function signOut(page: Page): Promise<void> {
  await openMore(page)
  await page.click('text=Sign out')
}
export const OWN = '.sheet[data-kind=own]'
export async function openMore(page: Page): Promise<void> {
  if (!(await page.isVisible(OWN))) await page.click('.own > .plain')
}
