import { expect, test } from '@playwright/test'
import { Person, phone, tells } from './person'

// Two days of a plenary: proposals come in, are read beside like ones, merged,
// taken apart again, filed, and given to units many at a time.
test.describe.configure({ mode: 'serial' })
const mark = Date.now() % 100000
const titles = [`关于老旧小区加装充电桩的提案 ${mark}`, `关于老旧小区增设充电桩的提案 ${mark}`]

test('two members have written of the same thing', async ({ browser }) => {
  for (const [i, login] of ['zs-member-07', 'zs-member-08'].entries()) {
    const member = await Person.comes(browser, login, phone)
    const made = await tells<{ createProposal: { matter: { id: string } } }>(member, 'mutation($i: CreateProposalInput!) { createProposal(input: $i) { matter { id } userErrors { message } } }', { i: {
      proposerKind: 'INDIVIDUAL', title: titles[i], situation: '新能源汽车逐年增加，老旧小区没有固定车位，居民拉线充电。', analysis: '电力容量不足，谁来建、谁来管没有说清。', suggestions: ['由区住建局会同供电部门统一规划。'], category: '城建环保',
    } })
    const id = made.createProposal.matter.id
    await member.page.goto('/matters/' + id)
    await member.takes('提交')
    await expect(member.page.getByLabel('委员本人同意的方式')).toHaveCount(0) // that is for staff who enter for others
    await member.does('提交')
    await member.leaves()
  }
})

test('clerk, reviewer and director read them one after the other with the keyboard', async ({ browser }) => {
  for (const [login, step] of [['zs-clerk', '初审'], ['zs-reviewer', '复审或终审'], ['zs-director', '复审或终审']] as const) {
    const reader = await Person.comes(browser, login)
    const { page } = reader
    await page.goto('/find?kind=proposal')
    await page.getByRole('link', { name: '逐件审查提案' }).click()
    await expect(page.getByRole('heading', { level: 1, name: /审查提案/ })).toBeVisible()
    for (const title of titles) {
      const here = page.getByRole('heading', { level: 2, name: title })
      for (let n = 0; n < 60 && !await here.isVisible(); n++) { // the next by a key, past those that waited longer
        await page.keyboard.press('j')
        await page.waitForTimeout(250)
      }
      await expect(here).toBeVisible()
      await expect(page.getByRole('region', { name: '相近的提案' }).getByText(titles.find(t => t !== title)!).first()).toBeVisible()
      if (title === titles[0]) await reader.looks('review-side-by-side')
      await reader.takes(step)
      const form = page.getByRole('region', { name: step, exact: true })
      await form.getByLabel('立案', { exact: true }).check()
      await form.getByRole('button', { name: new RegExp(step + '$') }).click()
      await expect(page.getByText(`${title}：“${step}”已经办好。`)).toBeVisible()
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
      await page.goto('/review')
    }
    await reader.leaves()
  }
})

test('the director merges one into the other, takes it back, and files both', async ({ browser }) => {
  const director = await Person.comes(browser, 'zs-director')
  const { page } = director
  await page.goto('/review')
  const here = page.getByRole('heading', { level: 2, name: titles[1]! })
  await expect(page.getByText(/等您/)).toBeVisible()
  for (let n = 0; n < 60 && !await here.isVisible(); n++) { await page.keyboard.press('j'); await page.waitForTimeout(250) }
  const like = page.getByRole('region', { name: '相近的提案' })
  await expect(like.getByRole('link', { name: titles[0]! })).toBeVisible()
  await like.getByRole('button', { name: '把这一件并入它' }).click()
  const form = page.getByRole('region', { name: '并案', exact: true })
  await expect(form.getByText(titles[0]!)).toBeVisible()
  await form.getByLabel('理由').fill('同一件事，两位委员都列为提案人。')
  await director.looks('review-merge')
  await form.getByRole('button', { name: /并案$/ }).click()
  await expect(page.getByText(/“并案”已经办好/)).toBeVisible()
  await page.goto('/find?q=' + encodeURIComponent(titles[1]!))
  await director.opens(titles[1]!)
  await director.takes('撤销并案')
  await page.getByRole('region', { name: '撤销并案' }).getByLabel('理由').fill('两件的建议不同，分别办理。')
  await director.does('撤销并案')
  for (const title of titles) {
    await page.goto('/find?q=' + encodeURIComponent(title))
    await director.opens(title)
    await director.takes('立案')
    await director.does('立案')
  }
  await director.leaves()
})

test('the director gives both to a unit at once, choosing them with the keyboard', async ({ browser }) => {
  const director = await Person.comes(browser, 'zs-director')
  const { page } = director
  await page.goto('/find?kind=proposal&state=FILED')
  await expect(page.getByRole('link', { name: titles[0]! })).toBeVisible()
  await page.getByRole('button', { name: '键盘' }).click()
  await page.getByRole('button', { name: '收起' }).click()
  await page.keyboard.press('j') // the newest are at the top
  await page.keyboard.press('x')
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  const bulk = page.getByRole('region', { name: '对选中的办理' })
  await expect(bulk.getByText('已选 2 件')).toBeVisible()
  const assign = bulk.getByRole('button', { name: /^交办/ })
  await expect(bulk.getByRole('button').nth(1)).toBeVisible()
  if (!await assign.isVisible()) await bulk.locator('summary').click()
  await assign.click()
  const form = page.getByRole('form', { name: '交办', exact: true })
  await form.getByRole('combobox').first().fill('民政')
  await page.getByRole('option', { name: '区民政局', exact: true }).click()
  await form.getByLabel('单办', { exact: true }).check()
  await director.looks('bulk-assign')
  await form.getByRole('button', { name: /交办，2 件/ }).click()
  await expect(page.getByText('办好 2 件')).toBeVisible()
  await director.looks('bulk-done')
  await director.leaves()
})

test('what is overdue stands in one list, and cases are chosen on the phone, too', async ({ browser }) => {
  const clerk = await Person.comes(browser, 'zs-clerk')
  const { page } = clerk
  await page.goto('/find/overdue')
  await expect(page.getByText(/份过了期限还没有答复/)).toBeVisible()
  await clerk.looks('overdue')
  await page.setViewportSize(phone)
  await page.goto('/find?kind=proposal')
  await page.getByRole('checkbox', { name: /^选中：/ }).first().check()
  await expect(page.getByText(/已选/)).toBeVisible()
  await clerk.looks('bulk-phone')
  await clerk.leaves()
})
