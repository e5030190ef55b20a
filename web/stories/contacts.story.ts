import { expect, test } from '@playwright/test'
import { desk, Person, phone } from './person'

// A 界别 with which nobody keeps contact is found, and given a committee that does.
for (const viewport of [desk, phone]) {
  test(`an administrator sees with whom nobody keeps contact (${viewport.width})`, async ({ browser }) => {
    const admin = await Person.comes(browser, 'zs-admin', viewport)
    const { page } = admin
    await page.goto('/admin/contacts')
    const lacking = page.getByRole('button', { name: /^还没有的 \d+：有专委会联系的界别/ })
    await lacking.click()
    await expect(lacking).toHaveAttribute('aria-expanded', 'true')
    await expect(page.locator('.inside a').first()).toBeVisible()
    await admin.looks('admin-contacts')
    await page.getByRole('button', { name: '设一对联系' }).click()
    const form = page.locator('section.task')
    await form.getByLabel('专委会联系界别').check()
    await form.getByRole('button', { name: /设好$/ }).click()
    await expect(form.locator('.fault').first()).toContainText('请选择专委会')
    await admin.looks('admin-contacts-form')
    await admin.leaves()
  })
}
