import type { CombinedError } from '@urql/core'
import type { FaultFragment } from './gql/types'

/** What a person is told when a request failed altogether: the server's sentence, or that there is no line. */
export function sentence(error: CombinedError | undefined): string {
  if (!error) return ''
  // The page is of another version of the program than the server, which knows its own documents.
  if (error.graphQLErrors[0]?.extensions['code'] === 'PERSISTED_QUERY_NOT_FOUND') return '程序更新过了，请刷新这一页；您填写的内容还在。'
  if (error.networkError) {
    const status = (error.response as Response | undefined)?.status
    if (status === 503 || status === 502 || status === 504) return '系统暂时不可用，请稍候再试；您填写的内容还在。'
    return '连不上服务器。请看看网络，再试一次；您填写的内容还在。'
  }
  return error.graphQLErrors[0]?.message || '没有做成，请再试一次。'
}

/** What is wrong with one form: by the field's path joined by dots, and what belongs to none. */
export interface Faults { fields: Record<string, string[]>, rest: string[] }

/** Sorts the server's answer by fields; paths begin with the input in which the form stands (form, data), which is dropped. */
export function byField(faults: readonly FaultFragment[], known: (path: string) => boolean = () => true): Faults {
  const out: Faults = { fields: {}, rest: [] }
  for (const f of faults) {
    const path = (f.path[0] === 'form' || f.path[0] === 'data' ? f.path.slice(1) : f.path).join('.')
    if (path && known(path)) (out.fields[path] ??= []).push(f.message)
    else out.rest.push(f.message)
  }
  return out
}
