import { client } from '../api/client'
import { EndContactPairDocument, MakeContactPairDocument } from '../api/gql/pairs'
import type { ContactPairFragment, ContactPairKind } from '../api/gql/types'
import type { Field, Form } from '../form/fields'
import { choice, day, pick, reason } from '../form/make'
import { answered, type Task } from '../form/task'
import { today } from '../shell/days'

/** Who keeps contact with whom, as forms. */
export const pairKinds: Record<ContactPairKind, string> = { MEMBER_MEMBER: '党员委员联系党外委员', LEADER_SECTOR: '党组成员联系界别', COMMITTEE_SECTOR: '专委会联系界别' }

/** The two sides in words. */
export const sidesOf = (p: ContactPairFragment) => [p.fromMember?.name ?? p.fromUnit?.name ?? '已离开的人', p.toMember?.name ?? p.toUnit?.name ?? '已离开的人'] as const

function sides(form: Form): Field[] {
  switch (form['kind']) {
    case 'MEMBER_MEMBER': return [pick('fromMemberId', '党员委员', 'memberships', { required: true }), pick('toMemberId', '联系哪位党外委员', 'memberships', { required: true })]
    case 'LEADER_SECTOR': return [pick('fromMemberId', '党组成员', 'memberships', { required: true }), pick('toUnitId', '联系哪个界别', 'units', { required: true })]
    default: return [pick('fromUnitId', '专委会', 'units', { required: true }), pick('toUnitId', '联系哪个界别', 'units', { required: true })]
  }
}

export function pairing(): Task {
  return {
    name: 'pair', title: '设一对联系', button: '设好', says: '写明谁联系谁、从哪一天起。单位合并以后由接续的单位；人离任，这一对也就结束，被联系的会列到没有人联系里。',
    start: { kind: 'MEMBER_MEMBER' },
    fields: form => [
      choice('kind', '哪一种', Object.entries(pairKinds).map(([value, label]) => ({ value, label })), { required: true }), ...sides(form),
      day('from', '从哪一天起', { hint: '不写为今天。' }), day('to', '到哪一天', { hint: '不写为一直。' }), reason('理由', {}),
    ],
    send: async (form, key) => {
      const own = new Set(sides(form).map(f => f.name)), side = (name: string) => own.has(name) ? form[name] as string | null ?? null : null
      const { data, error } = await client.mutation(MakeContactPairDocument, { input: {
        kind: form['kind'] as ContactPairKind, fromMemberId: side('fromMemberId'), fromUnitId: side('fromUnitId'), toMemberId: side('toMemberId'), toUnitId: side('toUnitId'),
        from: form['from'] as string | null ?? null, to: form['to'] as string | null ?? null, reason: form['reason'] as string | null ?? null, idempotencyKey: key,
      } }).toPromise()
      return answered(error, data?.makeContactPair, '已经设好。')
    },
  }
}

export function parting(p: ContactPairFragment): Task {
  return {
    name: 'pair-end:' + p.id, title: `结束：${sidesOf(p).join('联系')}`, button: '结束', danger: true, start: { on: today() },
    fields: [day('on', '最后一天', { earliest: p.startsOn }), reason()],
    send: async (form, key) => {
      const { data, error } = await client.mutation(EndContactPairDocument, { input: { pairId: p.id, on: form['on'] as string | null ?? null, reason: String(form['reason']), idempotencyKey: key } }).toPromise()
      return answered(error, data?.endContactPair, '已经结束。')
    },
  }
}
