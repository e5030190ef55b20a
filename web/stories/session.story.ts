import { expect, test } from '@playwright/test'
import { desk, Person, phone } from './person'

test('what was typed is there again after reloading, and gone after signing out', async ({ browser }) => {
  const director = await Person.comes(browser, 'zs-director')
  const { page } = director
  await director.opens('关于推进慢性病分级诊疗和药品保障的提案')
  const address = page.url()
  await director.takes('催办')
  const form = page.getByRole('region', { name: '催办' })
  await form.getByRole('textbox').first().fill('请于本周内签收。')
  await page.reload()
  await expect(page.getByText('上次填了没有交的，还在这里。')).toBeVisible()
  await expect(form.getByRole('textbox').first()).toHaveValue('请于本周内签收。')
  await page.getByText('曹筠宁').first().click()
  await page.getByRole('button', { name: '退出登录' }).click()
  await expect(page).toHaveURL(/sign-in/)
  expect(await page.evaluate(() => Object.keys(sessionStorage).filter(k => k.startsWith('typed:')))).toEqual([])
  await page.goto(address)
  await expect(page).toHaveURL(/sign-in\?to=/)
  await page.context().close()
})

test('large letters are one tap away before signing in, and are remembered', async ({ browser }) => {
  const page = await (await browser.newContext({ viewport: phone })).newPage()
  await page.goto('/')
  await page.getByLabel('长辈版（大字）').check()
  await page.reload()
  await expect(page.getByLabel('长辈版（大字）')).toBeChecked()
  expect(await page.evaluate(() => parseFloat(getComputedStyle(document.body).fontSize))).toBeGreaterThanOrEqual(18)
  await page.context().close()
})

test('somebody of two committees chooses one, and changes over later', async ({ browser }) => {
  const page = await (await browser.newContext({ viewport: desk })).newPage()
  await page.goto('/')
  await page.getByLabel('登录名').fill('zs-member-01')
  await page.getByLabel('密码').fill('bihuan-demo-2024')
  await page.getByRole('button', { name: '登录', exact: true }).click()
  await page.getByRole('button', { name: /中山区/ }).click()
  await expect(page.getByText('中山区政协').first()).toBeVisible()
  await page.locator('summary[aria-label^="我："]').click()
  await page.getByRole('button', { name: /大连市委员会/ }).click()
  await expect(page.locator('.house')).toContainText('大连市')
  await page.context().close()
})

test('a line that is cut while a form is sent costs nothing, before it arrives and after', async ({ browser }) => {
  const director = await Person.comes(browser, 'zs-director')
  const { page } = director
  await director.opens('关于推进慢性病分级诊疗和药品保障的提案')
  await director.takes('催办')
  const form = page.getByRole('region', { name: '催办' })
  await form.getByRole('combobox').fill('卫生健康')
  await page.getByRole('option').first().click()
  await form.getByText('提醒', { exact: true }).click()
  await form.getByRole('textbox').first().fill('请于本周内签收，谢谢。')
  await page.route('**/graphql', r => r.abort())
  await form.getByRole('button', { name: /催办$/ }).click()
  await expect(page.getByText('连不上服务器。').first()).toBeVisible()
  await expect(form.getByRole('textbox').first()).toHaveValue('请于本周内签收，谢谢。')
  await page.unroute('**/graphql')
  // Now it arrives and its answer is lost: the same press again carries the same key, and finds it done.
  let sent = 0
  await page.route('**/graphql', async r => {
    if (!/"form"/.test(r.request().postData() ?? '') || sent++ > 0) return r.continue()
    await r.fetch()
    await r.abort()
  })
  await form.getByRole('button', { name: /催办$/ }).click()
  await expect.poll(() => sent).toBe(1)
  await expect(form.getByRole('alert').getByText('连不上服务器。')).toBeVisible()
  await director.does('催办')
  expect(sent).toBe(2)
  await page.context().close()
})
