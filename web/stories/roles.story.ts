import { expect, test } from '@playwright/test'
import { Person } from './person'

// The committee wants somebody in the proposals' office who only reads and numbers nothing.
test.describe.configure({ mode: 'serial' })
const name = '提案委实习人员' + [...String(Date.now() % 1000)].map(d => '子丑寅卯辰巳午未申酉'[Number(d)]).join('')

test('an administrator copies a role, takes away what it should not do, and sees who is affected', async ({ browser }) => {
  const admin = await Person.comes(browser, 'zs-admin')
  const { page } = admin
  await page.goto('/admin/roles')
  await admin.looks('admin-roles')
  await page.getByRole('navigation', { name: '各个角色' }).getByRole('link', { name: '承办人' }).click()
  await expect(page.getByRole('heading', { level: 1, name: /承办人/ })).toBeVisible()
  await admin.looks('admin-role')
  await page.getByRole('button', { name: '复制成自己的角色' }).click()
  const copy = page.locator('section.task')
  await copy.getByLabel(/^叫什么/).fill('承办人') // somebody is called so already
  await copy.getByRole('button', { name: /^下一步/ }).click()
  await expect(copy.locator('.fault, [role=alert]').first()).toContainText('已有角色叫')
  await admin.looks('admin-role-faults')
  await copy.getByLabel(/^叫什么/).fill(name)
  await copy.getByLabel('用来做什么').fill('看得到、帮着写，不签发')
  const first = copy.locator('input[type=checkbox]:checked').first()
  await first.uncheck()
  await copy.getByRole('button', { name: /^下一步/ }).click()
  await expect(copy.getByText('现在没有人受影响。')).toBeVisible()
  await admin.looks('admin-role-preview')
  await copy.getByRole('button', { name: '确认：做成角色' }).click()
  await expect(page.getByText(/已经设好|已经提出/)).toBeVisible()
  await page.getByRole('link', { name: '打开它的页面' }).click()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
  await admin.looks('admin-role-own')
  await admin.leaves()
})

test('a shipped role is called otherwise, and hung on a post, and both are taken back', async ({ browser }) => {
  const admin = await Person.comes(browser, 'zs-admin')
  const { page } = admin
  await page.goto('/admin/roles')
  await page.getByRole('navigation', { name: '各个角色' }).getByRole('link', { name: '界别召集人' }).click()
  await page.getByRole('button', { name: '设置' }).click()
  const set = page.locator('section.task')
  await set.getByLabel(/^叫什么/).fill('界别组长')
  await set.getByRole('group', { name: /^随哪些职务取得/ }).getByLabel('副召集人').check()
  await set.getByRole('button', { name: /^下一步/ }).click()
  await set.getByRole('button', { name: '确认：设置' }).click()
  await expect(page.getByText('已经设好，马上生效。')).toBeVisible()
  await expect(page.getByRole('heading', { level: 1, name: /界别组长/ })).toBeVisible()
  await admin.looks('admin-role-renamed')
  await page.getByRole('button', { name: '恢复原来的样子' }).click()
  const back = page.locator('section.task')
  await back.getByLabel(/^理由/).fill('照旧')
  await back.getByRole('button', { name: /^下一步/ }).click()
  await back.getByRole('button', { name: '确认：恢复' }).click()
  await expect(page.getByText('已经恢复。')).toBeVisible()
  await admin.leaves()
})
