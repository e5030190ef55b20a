import { expect, test } from '@playwright/test'
import { Person, phone, tells } from './person'

// A street liaison takes minutes while people speak; the line drops, the tab dies, and nothing is lost or doubled.
interface Held { matters: { edges: { node: { id: string, events: { id: string, kind: string }[] } }[] } }

test('the liaison writes as fast as people speak, and every line is saved once', async ({ browser }) => {
  const liaison = await Person.comes(browser, 'lsk-street-1')
  let { page } = liaison
  const held = await tells<Held>(liaison, '{ matters(first: 20, filter: { kind: "lushun", states: ["HELD"] }) { edges { node { id events { id kind } } } } }', {})
  const one = held.matters.edges.map(e => e.node).find(m => m.events.some(e => e.kind === 'MEETING'))!
  await page.goto('/matters/' + one.id)
  await page.getByRole('link', { name: '记问答辩' }).first().click()
  await expect(page.getByRole('heading', { level: 1, name: '记问答辩' })).toBeVisible()
  const line = () => page.getByLabel(/：说了什么$/)
  const mark = Date.now() % 100000
  await line().fill('jmdbj：')
  await expect(page.getByLabel('发言人').locator('option:checked')).toHaveText('居民代表甲')
  await line().fill(`水压不够，什么时候能修 ${mark}`)
  await page.keyboard.press('Enter')
  await expect(page.getByText('都已存到系统')).toBeVisible()
  await page.keyboard.press('Tab') // 答
  await line().fill(`列入今年的改造 ${mark}`)
  await page.keyboard.press('Enter')
  await page.keyboard.type('更换水泵')
  await page.keyboard.press('Enter')
  await page.keyboard.type('三个月')
  await page.keyboard.press('Enter')
  await expect(page.getByText('都已存到系统')).toBeVisible()
  await expect(page.getByText(`列入今年的改造 ${mark}`)).toHaveCount(1)
  await liaison.looks('minutes')

  await page.context().setOffline(true)
  await page.keyboard.press('Tab') // 辩
  await line().fill(`三个月太久 ${mark}`)
  await page.keyboard.press('Enter')
  await line().fill('还没有说完的半')
  await expect(page.getByText(/1 条存在本机/)).toBeVisible()
  await page.context().setOffline(false)
  liaison.wrong.length = 0 // that the line was gone is what the browser says
  await expect(page.getByText('都已存到系统')).toBeVisible()

  await page.context().setOffline(true)
  await line().fill(`先修一栋看看 ${mark}`)
  await page.keyboard.press('Enter')
  await line().fill('还没有说完的半句')
  await expect(page.getByText(/1 条存在本机/)).toBeVisible()
  const at = page.url(), context = page.context()
  await page.close() // the tab dies
  await context.setOffline(false)
  page = await context.newPage()
  await page.goto(at)
  await expect(page.getByText('都已存到系统')).toBeVisible()
  await expect(line()).toHaveValue('还没有说完的半句')
  for (const said of ['三个月太久', '先修一栋看看']) await expect(page.getByText(`${said} ${mark}`)).toHaveCount(1)
  await page.setViewportSize(phone)
  await expect(page.getByText('都已存到系统')).toBeVisible()
  await page.close()
})
