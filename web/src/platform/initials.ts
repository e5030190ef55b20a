/** The first letters of names, as people type them: 王小明 is wxm. The order of the browser's own dictionary says where a letter begins. */
const letters = 'abcdefghjklmnopqrstwxyz'
const first = '阿八嚓哒妸发旮哈讥咔垃痳拏噢妑七呥扨它穵夕丫帀'
const order = new Intl.Collator('zh-Hans-CN-u-co-pinyin')

function letter(c: string): string {
  if (/[a-z0-9]/i.test(c)) return c.toLowerCase()
  if (!/\p{Script=Han}/u.test(c)) return ''
  for (let i = first.length - 1; i >= 0; i--) if (order.compare(first[i]!, c) <= 0) return letters[i]!
  return ''
}

export const initials = (name: string) => [...name].map(letter).join('')

export interface Speaker { id: string, name: string }

/** Those who are meant by letters or by a part of the name. */
export function meant<T extends Speaker>(of: readonly T[], typed: string): T[] {
  const t = typed.trim().toLowerCase()
  return t === '' ? [] : of.filter(s => s.name.includes(t) || initials(s.name).startsWith(t))
}

/** A line that begins with letters and a colon says who speaks: “wxm：何时修”. */
export function spoken<T extends Speaker>(of: readonly T[], line: string): { by: T | undefined, text: string } {
  const m = /^\s*([a-z]{1,6}|\p{Script=Han}{2,6})[:：]\s*/iu.exec(line)
  const found = m ? meant(of, m[1]!) : []
  return m && found.length === 1 ? { by: found[0], text: line.slice(m[0].length) } : { by: undefined, text: line }
}
