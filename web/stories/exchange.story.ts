import { expect, test } from '@playwright/test'
import { Person } from './person'

test('an administrator sees what was agreed, takes a kind away, stops and goes on', async ({ browser }) => {
  const admin = await Person.comes(browser, 'zs-admin')
  const { page } = admin
  await page.goto('/admin/exchange')
  await expect(page.getByRole('heading', { level: 1, name: '往来' })).toBeVisible()
  await admin.looks('admin-exchange')
  await page.getByRole('button', { name: /^改与.*大连市/ }).click()
  const task = page.locator('section.task')
  const letters = task.getByRole('group', { name: /^可以送出的/ })
  const joint = letters.getByLabel('联合活动')
  const had = await joint.isChecked()
  await joint.setChecked(!had)
  await task.getByRole('button', { name: '下一步' }).click()
  await admin.looks('admin-agreement-confirm')
  await task.getByRole('button', { name: '确认：改' }).click()
  await expect(page.getByText('已经改好。')).toBeVisible()

  await page.getByRole('button', { name: /^中止与.*大连市/ }).click()
  await task.getByRole('button', { name: '下一步' }).click()
  await expect(task.getByText('请填写理由')).toBeVisible()
  await task.getByLabel(/^理由/).fill('核对公文交换的名单')
  await task.getByRole('button', { name: '下一步' }).click()
  await task.getByRole('button', { name: '确认：中止' }).click()
  await expect(page.getByText('已经中止。')).toBeVisible()
  await admin.looks('admin-exchange-suspended')
  await page.getByRole('button', { name: /^恢复与.*大连市/ }).click()
  await task.getByRole('button', { name: '下一步' }).click()
  await task.getByRole('button', { name: '确认：恢复' }).click()
  await expect(page.getByText('已经恢复。')).toBeVisible()
  await admin.leaves()
})
