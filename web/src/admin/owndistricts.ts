import { client } from '../api/client'
import { RequestDistrictDocument, WithdrawDistrictRequestDocument } from '../api/gql/owndistricts'
import type { DistrictRequestKind, DistrictRequestsQuery, OwnDistrictsQuery, RequestDistrictInput } from '../api/gql/types'
import { line, reason } from '../form/make'
import { answered, type Task } from '../form/task'

export type Asked = NonNullable<DistrictRequestsQuery['districtRequests']>['edges'][number]['node']
type Own = NonNullable<OwnDistrictsQuery['ownDistricts']>[number]

const admin = [
  line('adminName', '担任管理员的姓名', { required: true }),
  line('adminLogin', '他的登录名', { required: true, hint: '激活码由运维直接交给本人，本会看不到。' }),
]
const sending = (what: DistrictRequestKind, code?: string): Task['send'] => async (form, key) => {
  const input = { ...form, what, ...code ? { code } : {}, idempotencyKey: key } as unknown as RequestDistrictInput
  const { data, error } = await client.mutation(RequestDistrictDocument, { input }).toPromise()
  return answered(error, data?.requestDistrict, '已经提出，等运维确认；办好了会通知您。')
}

export function creating(): Task {
  return {
    name: 'district-create', title: '请求新建区县', button: '提出', says: '由运维确认以后建立，归在本市之下，带着随产品提供的流程和与本市的常设约定。',
    fields: [line('code', '行政区划代码', { required: true, hint: '6 位数字。' }), line('name', '全称', { required: true }), line('shortName', '简称', { required: true }), ...admin, reason()],
    confirm: '运维确认以前什么也不发生。', send: sending('CREATE'),
  }
}

export function districtTasks(d: Own) {
  const handOver = (): Task => ({
    name: 'district-hand:' + d.code, title: `请求移交${d.name}的管理`, button: '提出', fields: [...admin, reason('理由，写进区里的审计')],
    confirm: '办好以后他是区里的一位管理员；原来的管理员由区里照自己的规则终止。', send: sending('HAND_OVER', d.code),
  })
  const suspend = (): Task => ({
    name: 'district-suspend:' + d.code, title: `请求停用${d.name}`, button: '提出', danger: true, fields: [reason('理由，写进区里的审计')],
    confirm: '办好以后区里没有人能登录，什么也不送出、不提醒，数据都在；恢复以后接着办。', send: sending('SUSPEND', d.code),
  })
  const resume = (): Task => ({
    name: 'district-resume:' + d.code, title: `请求恢复${d.name}`, button: '提出', fields: [reason('理由，写进区里的审计')], confirm: '办好以后区里接着办。', send: sending('RESUME', d.code),
  })
  return { handOver, suspend, resume }
}

export function unasking(r: Asked): Task {
  return {
    name: 'district-withdraw:' + r.id, title: `撤回对${r.name}的请求`, button: '撤回', fields: [reason('理由', {})],
    send: async (form, key) => {
      const { data, error } = await client.mutation(WithdrawDistrictRequestDocument, { input: { id: r.id, reason: form['reason'] as string | null ?? null, idempotencyKey: key } }).toPromise()
      return answered(error, data?.withdrawDistrictRequest, '已经撤回。')
    },
  }
}
