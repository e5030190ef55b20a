/** Days as people write them: 3月27日（周一）, the year only when it differs. Days are Beijing's, whatever the device thinks. */
const weekdays = ['周日', '周一', '周二', '周三', '周四', '周五', '周六']

/** Today in Beijing, as 2025-01-06. */
export function today(): string {
  return new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10)
}

const parts = (day: string) => new Date(day + 'T00:00:00Z')

export function plusDays(day: string, n: number): string {
  return new Date(parts(day).getTime() + n * 86400_000).toISOString().slice(0, 10)
}

export function daysBetween(from: string, to: string): number {
  return Math.round((parts(to).getTime() - parts(from).getTime()) / 86400_000)
}

export function sayDay(day: string | null | undefined, now = today()): string {
  if (!day) return ''
  const d = parts(day.slice(0, 10))
  const year = day.slice(0, 4) === now.slice(0, 4) ? '' : `${d.getUTCFullYear()}年`
  return `${year}${d.getUTCMonth() + 1}月${d.getUTCDate()}日（${weekdays[d.getUTCDay()]}）`
}

/** A moment: 3月27日 14:05, and only the time for today. */
export function sayTime(time: string | null | undefined, now = today()): string {
  if (!time) return ''
  const local = new Date(Date.parse(time) + 8 * 3600_000).toISOString()
  const clock = local.slice(11, 16), day = local.slice(0, 10)
  if (day === now) return `今天 ${clock}`
  const year = day.slice(0, 4) === now.slice(0, 4) ? '' : `${Number(day.slice(0, 4))}年`
  return `${year}${Number(day.slice(5, 7))}月${Number(day.slice(8, 10))}日 ${clock}`
}

/** How far a day is: 已过 3 天, 今天到期, 还有 5 天. */
export function sayLeft(day: string, now = today()): string {
  const n = daysBetween(now, day)
  if (n < 0) return `已过 ${-n} 天`
  return n === 0 ? '今天到期' : n === 1 ? '明天到期' : `还有 ${n} 天`
}

/** Where a day belongs on a desk. */
export type Bucket = 'late' | 'today' | 'week' | 'later'
export function bucketOf(day: string | null | undefined, now = today()): Bucket {
  if (!day) return 'later'
  if (day < now) return 'late'
  if (day === now) return 'today'
  const sunday = plusDays(now, (7 - parts(now).getUTCDay()) % 7)
  return day <= sunday ? 'week' : 'later'
}
