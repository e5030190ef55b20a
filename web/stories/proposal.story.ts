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

test('a unit signs for it, meets the member, drafts, signs off and sends its reply', async ({ browser }) => {
  const director = await Person.comes(browser, 'zs-director')
  await director.opens(title)
  await director.takes('交办')
  const slip = director.page.getByRole('region', { name: '交办', exact: true })
  await slip.getByRole('combobox').first().fill('民政')
  await director.page.getByRole('option', { name: '区民政局', exact: true }).click()
  await slip.getByLabel('单办', { exact: true }).check()
  await director.does('交办')
  await director.leaves()

  const liaison = await Person.comes(browser, 'zs-minzheng-liaison')
  await liaison.looks('desk-of-a-unit')
  await liaison.opens(title)
  await liaison.takes('签收')
  await liaison.does('签收')
  await liaison.looks('matter-of-a-unit')
  await liaison.leaves()

  const officer = await Person.comes(browser, 'zs-minzheng-officer')
  await officer.opens(title)
  await officer.takes('面商记录')
  const met = officer.page.getByRole('region', { name: '面商记录', exact: true })
  await met.getByRole('combobox', { name: '提案人' }).click()
  await officer.page.getByRole('option', { name: /卢蔚宁/ }).click()
  await met.getByLabel('方式').selectOption('面谈')
  await met.getByLabel('办前', { exact: true }).check()
  await met.getByLabel('日期').fill(new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10))
  await met.getByLabel('内容').fill('当面听取了意见，一起看了两处地块。')
  await officer.looks('form-of-a-meeting')
  await officer.does('面商记录')
  await officer.takes('拟复')
  const reply = officer.page.getByRole('region', { name: '拟复', exact: true })
  await reply.getByRole('radio').first().check()
  await reply.getByLabel('正文').fill('您提出的提案收悉。今年已建成三处口袋公园，明年再建五处，名单附后。')
  await officer.looks('form-of-a-reply')
  await officer.does('拟复')
  await officer.takes('送签')
  await officer.does('送签')
  await officer.leaves()

  for (const [login, step] of [['zs-minzheng-lead', '签发'], ['zs-minzheng-liaison', '发出答复']] as const) {
    const one = await Person.comes(browser, login)
    await one.opens(title)
    await one.takes(step)
    await one.does(step)
    if (login === 'zs-minzheng-liaison') await one.looks('matter-replied')
    await one.leaves()
  }
})

test('the member sees what became of it without asking', async ({ browser }) => {
  const member = await Person.comes(browser, 'zs-member-06', phone)
  await member.page.getByRole('link', { name: /^通知/ }).click()
  await expect(member.page.getByText(title).first()).toBeVisible()
  await member.looks('notices')
  await member.leaves()
})
