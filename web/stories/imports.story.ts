import { expect, test } from '@playwright/test'
import { desk, Person, phone } from './person'

// A clerk has the names of the new officers in a spreadsheet, with a mistake in it.
const mark = String(Date.now() % 1000000)
const file = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })

for (const viewport of [desk, phone]) {
  test(`a spreadsheet is looked at, carried out and taken back (${viewport.width})`, async ({ browser }) => {
    const admin = await Person.comes(browser, 'zs-admin', viewport)
    const { page } = admin
    const name = `干部${mark}${viewport.width}.csv`
    const one = `导入甲${mark}${viewport.width}`, two = `导入乙${mark}${viewport.width}`
    await page.goto('/admin/imports')
    await expect(page.getByRole('heading', { level: 1, name: '导入与导出' })).toBeVisible()
    await admin.looks('admin-imports')
    await page.getByLabel('上传表格').setInputFiles(file(name, `姓名,类别,联系电话\n${one},机关干部,13000000001\n${two},机关干部,不知道\n`))
    const link = page.getByRole('link', { name }).first()
    await link.click()
    await expect(page.getByText('核对完成')).toBeVisible({ timeout: 30_000 })
    await expect(page.getByRole('cell', { name: /不知道/ })).toContainText('5 至 20 位')
    await admin.looks('admin-import-wrong')
    await page.getByRole('button', { name: '新增 1' }).click()
    await expect(page.getByRole('cell', { name: one })).toBeVisible()
    await page.getByRole('button', { name: '只导入有效的 1 行' }).click()
    await expect(page.getByText('已导入 1 行')).toBeVisible({ timeout: 30_000 })
    await page.getByRole('button', { name: '撤销导入' }).click()
    const undo = page.locator('section.task')
    await undo.getByLabel(/^理由/).fill('文件错了')
    await undo.getByRole('button', { name: '撤销', exact: true }).click()
    await expect(page.getByText('已撤销 1 行')).toBeVisible({ timeout: 30_000 })
    await admin.looks('admin-import-undone')
    await admin.leaves()
  })
}
