import { expect, test } from '@playwright/test'
import { Person } from './person'

// On an evening the office of 旅顺口 invents a platform; five minutes later a street uses it.
test.describe.configure({ mode: 'serial' })
const mark = String(Date.now() % 10000), brand = `晚间议事亭${mark}`

test('an administrator makes a process out of a template, mends it, publishes it and opens a platform on it', async ({ browser }) => {
  test.setTimeout(240_000)
  const admin = await Person.comes(browser, 'lsk-admin')
  const { page } = admin
  await page.goto('/admin/processes')
  await page.getByRole('button', { name: '由模板做一个流程' }).click()
  const adopt = page.locator('section.task')
  await adopt.getByLabel(/^哪个模板/).selectOption({ label: (await adopt.getByLabel(/^哪个模板/).locator('option').allInnerTexts()).find(t => t.includes(process.env.TEMPLATE ?? '议事会'))! })
  await admin.looks('admin-templates')
  await adopt.getByRole('button', { name: '做成草稿' }).click()
  await page.getByRole('link', { name: '打开它的页面' }).click()
  const text = page.getByRole('textbox', { name: '流程的文本' })
  await expect(text).toBeVisible()
  await admin.looks('admin-process-draft')

  const source = await text.inputValue()
  await text.fill(source.replace(/^title:/m, 'titel:')) // a slip of the hand
  await expect(page.locator('.both [role=alert], .both .tag.late').first()).toBeVisible()
  await admin.looks('admin-process-findings')
  await page.reload() // what was typed is there again
  await expect(text).toHaveValue(/titel/)
  await text.fill(source.replace(/^title: .*$/m, `title: ${brand}`))
  await page.getByRole('button', { name: '存草稿' }).click()
  await expect(page.getByText('草稿已经存好。').or(page.locator('section.text [role=alert]'))).toBeVisible()
  await expect(page.getByText('草稿已经存好。')).toBeVisible()

  await page.getByRole('button', { name: '发布', exact: true }).click()
  const publish = page.locator('section.task')
  await publish.getByRole('button', { name: /^下一步/ }).click()
  await admin.looks('admin-process-publish')
  await publish.getByRole('button', { name: '确认：发布' }).click()
  await expect(page.getByText('已经发布，新的件从这一版开始。')).toBeVisible()

  await page.getByRole('button', { name: '用它开一个平台' }).click()
  const found = page.locator('section.task')
  await found.getByLabel(/^平台叫什么/).fill(brand)
  await found.getByRole('button', { name: '开平台' }).click()
  await expect(page.getByText('已经开好，可以提出事项了。')).toBeVisible()
  await admin.looks('admin-process-platform')
  await page.getByRole('link', { name: '打开它的页面' }).click()
  await expect(page.getByRole('heading', { level: 1, name: brand })).toBeVisible()
  await admin.leaves()
})

test('five minutes later a street liaison brings something in there', async ({ browser }) => {
  const street = await Person.comes(browser, 'lsk-street-1')
  const { page } = street
  await page.goto('/platforms')
  await page.getByRole('link', { name: brand }).first().click()
  await expect(page.getByRole('heading', { level: 1, name: brand })).toBeVisible()
  await street.looks('invented-platform')
  await page.locator('header .btn.main').click()
  await page.getByLabel('是什么事').fill('楼下的路灯三个月不亮')
  await street.looks('invented-open')
  const form = page.locator('form.form')
  for (const box of await form.locator('textarea, input:not([type])').all()) if (await box.inputValue() === '') await box.fill('在居民楼前，晚上看不见台阶。')
  await form.locator('button.btn.main').click()
  await expect(page).toHaveURL(/\/matters\//)
  await expect(page.getByRole('heading', { level: 1, name: '楼下的路灯三个月不亮' })).toBeVisible()
  await street.looks('invented-matter')
  await street.leaves()
})
