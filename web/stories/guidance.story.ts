import { expect, test } from '@playwright/test'
import { Person, phone } from './person'

test('a district sees what the city publishes, what would change, and says why it does not take it', async ({ browser }) => {
  const admin = await Person.comes(browser, 'zs-admin', phone)
  const { page } = admin
  await page.goto('/admin/guidance')
  await expect(page.getByRole('heading', { level: 1, name: '发布和采用' })).toBeVisible()
  await admin.looks('guidance')
  await page.getByRole('button', { name: /^看不同，采用《签收交办》/ }).click()
  const task = page.locator('section.task')
  await task.getByRole('button', { name: /^下一步/ }).click()
  await expect(task.getByText('与本会现在的相同。')).toBeVisible()
  await admin.looks('guidance-take')
  await task.getByRole('button', { name: '先不办' }).click()
  await page.getByRole('button', { name: /^不采用《办前联系提案人》/ }).click()
  await task.getByRole('button', { name: '不采用' }).click()
  await expect(task.getByText('请填写理由，发布的一方看得到')).toBeVisible()
  await task.getByLabel(/^理由/).fill('本区已有自己的期限')
  await task.getByRole('button', { name: '不采用' }).click()
  await expect(page.getByText('已经答复对方；以后仍可以采用。')).toBeVisible()
  await admin.leaves()

  const city = await Person.comes(browser, 'dl-admin')
  await expect(async () => { // the answer comes with a letter, and the page reads when it is opened
    await city.page.goto('/admin/guidance')
    await expect(city.page.getByText('本区已有自己的期限')).toBeVisible({ timeout: 3000 })
  }).toPass({ timeout: 60_000 })
  await city.looks('guidance-city')
  await city.page.goto('/admin/districts')
  await expect(city.page.getByRole('heading', { level: 1, name: '本市的区县' })).toBeVisible()
  await city.looks('own-districts')
  await city.leaves()
})
