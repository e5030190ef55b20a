import { request } from './client'
import { named } from './document'
import { HereDocument } from './gql/session'

/** Sends one file; `part` is told how much has gone. Answers what went wrong, or nothing. */
export async function sendFile(url: string, file: File, part: (of: number) => void): Promise<string> {
  if (file.size > 50 * 1024 * 1024) return `文件太大（${Math.round(file.size / 1024 / 1024)} MB），一个至多 50 MB。`
  for (let tries = 0; ; tries++) {
    const { status, text } = await post(url, file, part)
    if (status === 200 || status === 201) return ''
    if (status === 401 && tries === 0) { // renewed, or the password is asked for over the page; then it goes on
      await request('/graphql', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(named(HereDocument)) })
      continue
    }
    if (status === 0) return '网络断了，没有传完。'
    try { return (JSON.parse(text) as { message?: string }).message ?? '没有传上去，请再试一次。' } catch { return '没有传上去，请再试一次。' }
  }
}

/** fetch tells nothing of what has been sent. */
function post(url: string, file: File, part: (of: number) => void): Promise<{ status: number, text: string }> {
  return new Promise(resolve => {
    const x = new XMLHttpRequest()
    x.open('POST', url)
    x.setRequestHeader('X-Bihuan-Csrf', '1')
    x.upload.onprogress = e => { if (e.lengthComputable) part(e.loaded / e.total) }
    x.onloadend = () => resolve({ status: x.status, text: x.responseText })
    const body = new FormData()
    body.append('file', file, file.name)
    x.send(body)
  })
}
