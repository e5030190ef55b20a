import { expect, test } from '@playwright/test'
import { Person, phone } from './person'

test('the overseer compares ten districts, sees what one has narrowed, and opens one case by a grant', async ({ browser }) => {
  const overseer = await Person.comes(browser, 'dl-overseer')
  const { page } = overseer
  await page.goto('/loop/districts')
  await expect(page.getByRole('heading', { level: 1, name: '各区县' })).toBeVisible()
  await expect(page.locator('.card')).toHaveCount(10)
  const narrowed = page.locator('.card').filter({ hasText: '西岗区政协' })
  await expect(narrowed.getByText('只送 4 个指标')).toBeVisible()
  await expect(narrowed.getByText('没有送', { exact: true }).first()).toBeVisible()
  await overseer.looks('districts')
  await page.getByRole('button', { name: /^打开《/ }).click()
  await expect(page.getByText(/^只读，/)).toBeVisible({ timeout: 120_000 })
  await overseer.looks('districts-case')
  await overseer.leaves()

  const clerk = await Person.comes(browser, 'zs-director', phone)
  await clerk.page.goto('/loop/shared')
  await clerk.page.getByText(/^看过 1 次/).click()
  await expect(clerk.page.locator('details li').first()).toBeVisible()
  await clerk.looks('shared')
  await clerk.leaves()
})
