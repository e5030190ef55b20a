import AxeBuilder from '@axe-core/playwright'
import { expect, type Browser, type Page } from '@playwright/test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

const shots = process.env.SHOTS ?? join(import.meta.dirname, '..', 'test-results', 'shots')
mkdirSync(shots, { recursive: true })
export const desk = { width: 1280, height: 800 }
export const phone = { width: 360, height: 740 }

/** Somebody at a desk or with a phone, in the words of his work. */
export class Person {
  private constructor(readonly page: Page, readonly wrong: string[]) {}

  static async comes(browser: Browser, login: string, viewport = desk): Promise<Person> {
    const page = await (await browser.newContext({ viewport })).newPage()
    const wrong: string[] = []
    // What the policy refuses and what a script throws is nobody's business but ours.
    page.on('console', m => { if (m.type() === 'error' && !/status of 401/.test(m.text())) wrong.push(m.text()) })
    page.on('pageerror', e => wrong.push(e.message))
    // A server may take the registered documents alone (BIHUAN_ONLY_PERSISTED): each is named, none is sent.
    page.on('request', r => { if (/\/graphql$/.test(r.url()) && !/"documentId"/.test(r.postData() ?? '')) wrong.push(`sent as text: ${r.postData()!.slice(0, 80)}`) })
    await page.goto('/')
    const person = new Person(page, wrong)
    await person.looks('sign-in')
    await page.getByLabel('登录名').fill(login)
    await page.getByLabel('密码').fill('bihuan-demo-2024')
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await expect(page.getByRole('heading', { name: /轮到您/ })).toBeVisible()
    return person
  }

  /** Looks at a page: no finding by axe, no word of the program on it, nothing wider than the screen; a picture is kept. */
  async looks(name: string) {
    await expect(this.page.locator('[role=status] i')).toHaveCount(0) // nothing is being read any more
    await expect(this.page.locator('.el-popper:visible')).toHaveCount(0) // a list that was chosen from has folded up
    const { violations } = await new AxeBuilder({ page: this.page }).analyze()
    expect(violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`), name).toEqual([])
    const text = await this.page.locator('body').innerText()
    expect(text, name).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-|undefined|null|NaN|\b[A-Z]+_[A-Z]+\b/)
    const over = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(over, name + ' is wider than the screen').toBeLessThanOrEqual(0)
    await this.page.screenshot({ path: join(shots, `${name}-${this.page.viewportSize()!.width}.png`), fullPage: true })
  }

  async opens(title: string) {
    await this.page.getByRole('link', { name: title }).first().click()
    await expect(this.page.getByRole('heading', { level: 1, name: title })).toBeVisible()
  }

  /** Takes a button of the matter's page, out of the menu where it is not the usual one. */
  async takes(label: string) {
    const button = this.page.locator('#main').getByRole('button', { name: new RegExp('^' + label) }).first()
    if (!await button.isVisible()) await this.page.locator('#main summary.btn').first().click()
    await button.click()
  }

  /** Presses the button of the form that is open. */
  async does(label: string) {
    const form = this.page.getByRole('region', { name: label })
    await form.getByRole('button', { name: new RegExp(label + '$') }).click()
    await expect(this.page.getByText(`“${label}”已经办好。`).last()).toBeVisible()
  }

  async leaves() {
    expect(this.wrong).toEqual([])
    await this.page.context().close()
  }
}

/**
 * What the product is told directly, as who is signed in, where a story begins
 * later than the thing it is about. It is a text and none of the console's
 * documents, which the address says to who watches what pages send.
 */
export async function tells<T>(person: Person, query: string, variables: object): Promise<T> {
  return person.page.evaluate(async ([query, variables]) => {
    const answer = await fetch('/graphql?story', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ query, variables }) })
    return (await answer.json()).data
  }, [query, variables] as const) as Promise<T>
}
