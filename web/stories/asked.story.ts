import { expect, test } from '@playwright/test'
import { desk, Person, phone } from './person'

// The committee asks one opinion a year of each member; a clerk sees who has not done it, and the member what is asked of him.
test.describe.configure({ mode: 'serial' })
const name = '一年一条' + [...String(Date.now() % 1000)].map(d => '子丑寅卯辰巳午未申酉'[Number(d)]).join('')
let place = ''

test('an administrator writes what is asked, sees whom it asks, and publishes it', async ({ browser }) => {
  const admin = await Person.comes(browser, 'zs-admin')
  const { page } = admin
  await page.goto('/admin/asks')
  await admin.looks('admin-asks')
  await page.getByRole('button', { name: '新的要求' }).click()
  const form = page.locator('section.task')
  await form.getByLabel(/^叫什么/).first().fill(name)
  await form.getByLabel(/^依据/).fill('委员履职办法')
  const need = form.getByRole('group', { name: /^怎样算做到/ })
  await need.getByLabel(/^叫什么/).fill('社情民意')
  await need.getByLabel(/^至少几次/).fill('0')
  await need.getByLabel('参与的事项', { exact: true }).check()
  await need.getByLabel('参与的事项：事项类别为社情民意').check()
  await need.getByLabel('参与的事项：由本人提出').check()
  await form.getByLabel(/^从哪一天起/).fill(new Date().getFullYear() + '-01-01')
  await form.getByRole('button', { name: /^下一步/ }).click()
  await expect(form.locator('.fault, [role=alert]').first()).toContainText('至少 1 次')
  await admin.looks('admin-ask-faults')
  await need.getByLabel(/^至少几次/).fill('1')
  await form.getByRole('button', { name: /^下一步/ }).click()
  await expect(form.getByText(/这一期要求 \d+ 人/)).toBeVisible()
  await admin.looks('admin-ask-preview')
  await form.getByRole('button', { name: '确认：发布' }).click()
  await expect(page.getByText('已经发布，马上生效。')).toBeVisible()
  await page.getByRole('link', { name: '打开它的页面' }).click()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
  place = new URL(page.url()).pathname
  await admin.leaves()
})

for (const viewport of [desk, phone]) {
  test(`a clerk sees who has not done it, into what was counted, and urges one (${viewport.width})`, async ({ browser }) => {
    const clerk = await Person.comes(browser, 'zs-director', viewport)
    const { page } = clerk
    await page.goto(place)
    const owing = page.getByRole('button', { name: /^还没有做到 \d+/ })
    await owing.click()
    await expect(owing).toHaveAttribute('aria-pressed', 'true')
    await page.getByRole('button', { name: /^算进去的事/ }).first().click()
    await expect(page.getByText(/社情民意 0\/1/).first()).toBeVisible()
    await clerk.looks('admin-ask')
    await page.getByRole('button', { name: /^催办 / }).nth(viewport.width === desk.width ? 0 : 1).click()
    await page.locator('section.task').getByRole('button', { name: /^下一步/ }).click()
    await page.locator('section.task').getByRole('button', { name: '确认：催办' }).click()
    await expect(page.getByText('已经通知 1 人。')).toBeVisible()
    await clerk.leaves()
  })

  test(`the member sees it on his desk and what counts on its page (${viewport.width})`, async ({ browser }) => {
    const member = await Person.comes(browser, 'zs-member-06', viewport)
    const { page } = member
    await expect(page.getByRole('heading', { name: '应做的事' })).toBeVisible()
    await member.looks('desk-asked')
    await page.getByRole('link', { name: '看各项和算进去的事' }).click()
    await expect(page.getByRole('heading', { level: 2, name: new RegExp(name) })).toBeVisible()
    await member.looks('asked')
    await member.leaves()
  })
}

test('it is retired, and asks nobody any more', async ({ browser }) => {
  const admin = await Person.comes(browser, 'zs-admin')
  const { page } = admin
  await page.goto(place)
  await page.getByRole('button', { name: '停用' }).click()
  const form = page.locator('section.task')
  await form.getByLabel(/^理由/).fill('由新办法代替')
  await form.getByRole('button', { name: /^下一步/ }).click()
  await form.getByRole('button', { name: '确认：停用' }).click()
  await expect(page.getByText('已经停用。')).toBeVisible()
  await admin.leaves()
})
