import { expect, test } from '@playwright/test'
import { Person, phone } from './person'

// One proposal from the phone of a member to the files of the committee.
test.describe.configure({ mode: 'serial' })
const title = `关于增设口袋公园的提案 ${Date.now() % 100000}`

test('a member writes a proposal between two meetings and submits it', async ({ browser }) => {
  const member = await Person.comes(browser, 'zs-member-06', phone)
  const { page } = member
  await member.looks('desk')
  await page.getByRole('link', { name: '写提案' }).click()
  await page.getByLabel('案由').fill(title)
  await expect(page.getByText(/已保存/)).toBeVisible()
  await expect(page.getByRole('complementary', { name: '以前的类似提案' })).toBeVisible()
  await member.looks('propose-title')
  await page.getByRole('button', { name: '下一步：情况' }).click()
  await page.getByLabel('情况', { exact: true }).fill('走访的六个小区，步行十五分钟以内都没有公园，老人和孩子只能在路边活动。')
  await page.getByRole('button', { name: '下一步：分析' }).click()
  await page.getByLabel('分析', { exact: true }).fill('零散地块分属不同单位，没有人牵头；养护的经费没有着落。')

  await page.reload() // the phone was in the pocket
  await expect(page.getByLabel('分析', { exact: true })).toHaveValue(/零散地块/)
  await page.getByRole('button', { name: '下一步：建议' }).click()
  await page.getByRole('textbox', { name: /建议，第 1 条/ }).fill('由区住建局牵头，清查零散地块，每年建成五处。')
  await member.looks('propose-suggestions')
  await page.getByRole('button', { name: '下一步：提交' }).click()
  await expect(page.getByText('看一遍，再提交')).toBeVisible()
  await member.looks('propose-submit')
  await page.getByRole('region', { name: '提交' }).getByRole('button', { name: '提交' }).click()
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible()
  await expect(page.getByText('已提交').first()).toBeVisible()
  await member.looks('matter-of-the-member')
  await member.leaves()
})

test('the clerk, the reviewer and the director read it one after the other, and it is filed', async ({ browser }) => {
  for (const [login, step] of [['zs-clerk', '初审'], ['zs-reviewer', '复审或终审'], ['zs-director', '复审或终审']] as const) {
    const reader = await Person.comes(browser, login)
    await reader.looks('desk')
    await reader.opens(title)
    await reader.takes(step)
    const form = reader.page.getByRole('region', { name: step })
    await expect(form).toBeVisible()
    await form.getByRole('button', { name: step }).click() // nothing chosen yet
    await expect(form.getByText('请选择拟处理意见')).toBeVisible()
    await reader.looks('act-with-faults')
    await form.getByLabel('立案', { exact: true }).check()
    await form.getByLabel('审查意见').fill('一事一案，情况属实。')
    if (login === 'zs-clerk') await diesAndGoesOn(reader, step)
    else await reader.does(step)
    await reader.looks('matter-reviewed')
    if (login === 'zs-director') {
      await reader.takes('立案')
      await reader.does('立案')
      await expect(reader.page.getByText('已立案').first()).toBeVisible()
      await reader.looks('matter-filed')
    }
    await reader.leaves()
  }
})

/** The session ends under the clerk's hands: the password is asked for over the page, and what was filled in goes its way. */
async function diesAndGoesOn(clerk: Person, step: string) {
  await clerk.page.context().clearCookies()
  await clerk.page.getByRole('region', { name: step }).getByRole('button', { name: new RegExp(step + '$') }).click()
  const over = clerk.page.getByRole('dialog', { name: /登录到期了/ })
  await expect(over).toBeVisible()
  await clerk.looks('session-ended')
  await over.getByLabel('登录名').fill('zs-clerk')
  await over.getByLabel('密码').fill('bihuan-demo-2024')
  await over.getByRole('button', { name: '登录', exact: true }).click()
  await expect(clerk.page.getByText(`“${step}”已经办好。`).last()).toBeVisible()
}

test('the member sees what became of it without asking', async ({ browser }) => {
  const member = await Person.comes(browser, 'zs-member-06', phone)
  await member.page.getByRole('link', { name: /^通知/ }).click()
  await expect(member.page.getByText(title).first()).toBeVisible()
  await member.looks('notices')
  await member.leaves()
})
