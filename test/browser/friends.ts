/** Two people on their boards become contacts of each other. */
import type { Page } from 'playwright-core'

export async function befriend(romeo: Page, juliet: Page): Promise<void> {
  await romeo.click('text=Add a contact')
  await romeo.fill('.sheet [name=address]', 'juliet@localhost')
  await romeo.click('text=Ask to see their presence')
  await juliet.click('.requests button.main')
  await romeo.click('.requests button.main')
  for (const page of [romeo, juliet]) await page.waitForSelector('.card[data-dot=available]')
}
