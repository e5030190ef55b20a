import { client } from '../api/client'
import {
  AddMemberDocument, ConfirmGrantDocument, EndMembershipDocument, EndSeatDocument, GrantRoleDocument, IssueActivationDocument, PreviewEndDocument, PreviewGrantDocument,
  PreviewRevokeDocument, InviteMemberDocument, ReinstateMembershipDocument, RevokeGrantDocument, SeatMemberDocument, UpdateMemberDocument, WithdrawInvitationDocument,
} from '../api/gql/people'
import type { AddMemberInput, EndMembershipInput, FaultFragment, GrantRoleInput, MembershipKind, PersonQuery, ReinstateMembershipInput, RightsEffectFragment, SeatMemberInput, TermsQuery, UpdateMemberInput, WaitingFragment } from '../api/gql/types'
import { choice, day, line, pick, reason, yes } from '../form/make'
import type { Form } from '../form/fields'
import { answered, type Look, type Once, type Task } from '../form/task'
import { plusDays, sayDay, today } from '../shell/days'
import type { Option } from '../shell/words'

/** What an administrator does with people: each as a form, with what would come of it before it is done. */
export type Person = Extract<NonNullable<PersonQuery['node']>, { kind: unknown }>
export type Choices = (group: string, but?: readonly string[]) => Option[]
export const termsOf = (data: TermsQuery | undefined): Option[] => (data?.terms ?? []).map(t => ({ value: t.id, label: `第 ${t.ordinal} 届（${t.startsOn?.slice(0, 4) ?? ''}—${t.endsOn?.slice(0, 4) ?? ''}）` }))

interface Previewed { effect?: (RightsEffectFragment & { leaves: readonly WaitingFragment[] }) | null, userErrors: readonly FaultFragment[] }

/** What a change of rights would do; who takes over is asked for where something would be nobody's. */
function looked(error: Look['error'], p: Previewed | null | undefined, says: string[] = []): Look {
  const e = p?.effect, leaves = e?.leaves ?? []
  return {
    error, faults: p?.userErrors, says, effects: e ? [e] : [], needsTwo: e?.needsTwo, leaves,
    asks: leaves.length > 0 ? [pick('takerId', '由谁接任', 'memberships', { required: true, hint: '上面这些件只有他能办。选一位会代为办理的人，或另选一人：同时授予这一角色。' })] : [],
  }
}

const noTerm = (kind: unknown) => kind !== 'MEMBER'
const code = (made: { code?: string | null, expiresAt?: string | null } | null | undefined, name: string): Once | undefined => made?.code
  ? { title: `${name}的激活码`, word: made.code, until: made.expiresAt, says: `请当面交给${name}本人。本人在登录页选“第一次使用，我有激活码”，用它设定自己的密码。` } : undefined

/** A grant that waits for a second person lasts from the last day that there is. */
export const pending = (g: { validFrom?: string | null }) => g.validFrom?.startsWith('9999') ?? false

/** Adding somebody, with the seat he comes for, and the word by which he signs in for the first time. */
export function adding(choices: Choices, terms: Option[]): Task {
  return {
    name: 'person', title: '新增人员', button: '新增', says: '写明是谁、哪一类；需要登录的写登录名，随后给出激活码。',
    start: { kind: 'STAFF' },
    fields: form => [
      line('name', '姓名', { required: true }),
      choice('kind', '类别', choices('MembershipKind'), { required: true }),
      ...noTerm(form['kind']) ? [] : [choice('termId', '届次', terms, { required: true }), line('memberNo', '委员证号')],
      line('post', '职务'), line('politicalParty', '党派'), line('phone', '联系电话', { hint: '只有本人和有权的人能看到。' }),
      pick('unitId', '席位在哪个单位', 'units', { hint: '现在不定的，以后再安排。' }),
      choice('seatPost', '席位的职务', choices('SeatPost')),
      line('login', '登录名', { hint: '不登录的空着。已经有账号的人，由其本人登录后接受邀请。' }),
    ],
    send: async (form, key) => {
      const { unitId, seatPost, ...person } = form
      const input = { ...person, openAccount: !!form['login'], idempotencyKey: key } as unknown as AddMemberInput
      if (noTerm(form['kind'])) { delete input.termId; delete input.memberNo }
      if (unitId && !seatPost) return { faults: [{ code: 'INVALID_INPUT', message: '请选择席位的职务', path: ['seatPost'], details: null }] }
      const { data, error } = await client.mutation(AddMemberDocument, { input }).toPromise()
      const made = data?.addMember, id = made?.membership?.id
      if (!id) return answered(error, made, '')
      const left: string[] = []
      if (unitId) {
        const seat = await client.mutation(SeatMemberDocument, { input: { membershipId: id, unitId, post: seatPost, idempotencyKey: key + '-seat' } as unknown as SeatMemberInput }).toPromise()
        if (!seat.data?.seatMember.seat) left.push('席位没有安排成：' + (seat.data?.seatMember.userErrors[0]?.message ?? '连不上服务器') + '，请在他的页面上再安排。')
      }
      const word = form['login'] ? await client.mutation(IssueActivationDocument, { input: { membershipId: id, reason: '新任职', idempotencyKey: key + '-code' } }).toPromise() : undefined
      if (word && !word.data?.issueActivation.code) left.push(word.data?.issueActivation.userErrors[0]?.message ?? '激活码没有发出，请在他的页面上再发。')
      return { faults: [], says: [`已经新增${String(form['name'])}。`, ...left].join(''), once: code(word?.data?.issueActivation, String(form['name'])), at: '/admin/people/' + id }
    },
  }
}

/** What was changed: what is the same is not sent, what was emptied is sent empty. */
export function changes(start: Form, form: Form): Form {
  return Object.fromEntries([...new Set([...Object.keys(start), ...Object.keys(form)])].filter(k => start[k] !== form[k]).map(k => [k, form[k] ?? '']))
}

export function personTasks(now: () => Person, choices: Choices, terms: () => Option[]) {
  const p = now(), version = () => now().version
  const of = (task: string) => `${task}:${p.id}`
  const correct = (): Task => {
    const start: Form = Object.fromEntries(Object.entries({ name: p.name, post: p.post, politicalParty: p.politicalParty, phone: p.phone, wecom: p.wecom, memberNo: p.memberNo, termId: p.term?.id, ranked: p.ranked }).filter(([, v]) => v != null && v !== ''))
    const member = p.kind === 'MEMBER'
    if (!member) { delete start['ranked']; delete start['termId'] }
    return {
      name: of('correct'), title: `更正${p.name}的登记`, button: '记下', start, version,
      fields: [line('name', '姓名', { required: true }), line('post', '职务'), line('politicalParty', '党派'), line('phone', '联系电话'), line('wecom', '企业微信账号'),
        ...member ? [choice('termId', '届次', terms(), { required: true }), line('memberNo', '委员证号'), yes('ranked', '参加履职排名')] : [],
        line('login', '换一个登录名', { hint: '不换的空着。' })],
      send: async (form, key, expectedVersion) => {
        const { data, error } = await client.mutation(UpdateMemberDocument, { input: { membershipId: p.id, ...changes(start, form), openAccount: !!form['login'], expectedVersion, idempotencyKey: key } as UpdateMemberInput }).toPromise()
        return answered(error, data?.updateMember, '已经更正。')
      },
    }
  }
  const activate = (): Task => ({
    name: of('activate'), title: `给${p.name}发激活码`, button: '发出激活码', danger: true, fields: [reason('事由', { required: true, hint: '例如：新任职；本人忘记密码，已当面核对。' })],
    confirm: '发出以后，他原来的密码和在各处的登录马上失效，只能用激活码重新设定密码。请先核对要的人就是本人。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(IssueActivationDocument, { input: { membershipId: p.id, reason: String(form['reason']), idempotencyKey: key } }).toPromise()
      const made = data?.issueActivation
      return answered(error, made, made?.code ? '激活码已经发出。' : '激活码已经发出过了。', code(made, p.name))
    },
  })
  const invite = (): Task => ({
    name: of('invite'), title: `请已有账号的人做${p.name}`, button: '邀请', says: '在另一个政协任职的人，由他自己同意才加入。知道登录名的写登录名；不写的得到邀请码，交给他本人。',
    fields: [line('login', '他的登录名', { hint: '有没有这个账号，不会告诉您。' })],
    confirm: '以前的邀请随之撤回，以这一份为准；三十天内有效。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(InviteMemberDocument, { input: { membershipId: p.id, login: form['login'] ? String(form['login']) : null, idempotencyKey: key } }).toPromise()
      const made = data?.inviteMember
      return answered(error, made, '已经邀请，等他本人答复。', made?.code ? { title: `请${p.name}用的邀请码`, word: made.code, until: made.expiresAt, says: '请交给本人。本人登录以后，在“我的设置”里填写，看清是谁邀请再答复。' } : undefined)
    },
  })
  const uninvite = (): Task => ({
    name: of('uninvite'), title: `撤回请人做${p.name}的邀请`, button: '撤回邀请', danger: true, fields: [reason('理由', {})],
    send: async (form, key) => {
      const { data, error } = await client.mutation(WithdrawInvitationDocument, { input: { membershipId: p.id, ...form, idempotencyKey: key } }).toPromise()
      return answered(error, data?.withdrawInvitation, '已经撤回。')
    },
  })
  const status = (to: 'SUSPENDED' | 'ACTIVE'): Task => ({
    name: of(to), title: to === 'SUSPENDED' ? `暂停${p.name}的身份` : `解除${p.name}的暂停`, button: to === 'SUSPENDED' ? '暂停' : '解除暂停', danger: to === 'SUSPENDED', version,
    fields: [reason()],
    ...to === 'SUSPENDED' ? {
      preview: async () => {
        const { data, error } = await client.query(PreviewEndDocument, { id: p.id }, { requestPolicy: 'network-only' }).toPromise()
        return looked(error, data?.previewEndMembership, ['暂停期间不能登录，席位和授权保留，随时可以解除。'])
      },
    } : { confirm: '解除以后，他马上可以登录，席位和授权照旧。' },
    send: async (form, key, expectedVersion) => {
      const { data, error } = await client.mutation(UpdateMemberDocument, { input: { membershipId: p.id, status: to, ...form, expectedVersion, idempotencyKey: key } as UpdateMemberInput }).toPromise()
      return answered(error, data?.updateMember, to === 'SUSPENDED' ? '已经暂停，马上不能登录。' : '已经解除，可以登录了。')
    },
  })
  const end = (): Task => ({
    name: of('end'), title: `终止${p.name}的身份`, button: '终止身份', danger: true, version,
    fields: [choice('status', '怎样终止', choices('MembershipStatus').filter(o => ['RESIGNED', 'REVOKED', 'ENDED'].includes(o.value)), { required: true }), day('on', '最后一天', { latest: today(), hint: '不写为今天。' }), reason()],
    preview: async () => {
      const { data, error } = await client.query(PreviewEndDocument, { id: p.id }, { requestPolicy: 'network-only' }).toPromise()
      return looked(error, data?.previewEndMembership, ['席位和授权同时终止；以后恢复身份时，它们不会自己回来。'])
    },
    send: async (form, key, expectedVersion) => {
      const { data, error } = await client.mutation(EndMembershipDocument, { input: { membershipId: p.id, ...form, expectedVersion, idempotencyKey: key } as unknown as EndMembershipInput }).toPromise()
      return answered(error, data?.endMembership, '身份已经终止。')
    },
  })
  const reinstate = (): Task => ({
    name: of('reinstate'), title: `恢复${p.name}的身份`, button: '恢复身份', version, start: { kind: p.kind },
    fields: form => [choice('kind', '类别', choices('MembershipKind'), { required: true }), ...noTerm(form['kind']) ? [] : [choice('termId', '届次', terms(), { required: true }), line('memberNo', '委员证号')], reason('理由', {})],
    confirm: '恢复以后可以登录；原来的席位和授权不恢复，须另行安排。',
    send: async (form, key, expectedVersion) => {
      const { termId, memberNo, ...rest } = form
      const input = { membershipId: p.id, ...rest, ...noTerm(form['kind'] as MembershipKind) ? {} : { termId, memberNo }, expectedVersion, idempotencyKey: key } as unknown as ReinstateMembershipInput
      const { data, error } = await client.mutation(ReinstateMembershipDocument, { input }).toPromise()
      return answered(error, data?.reinstateMembership, '身份已经恢复。')
    },
  })
  const seat = (): Task => ({
    name: of('seat'), title: `给${p.name}安排席位`, button: '安排',
    fields: form => [pick('unitId', '哪个单位', 'units', { required: true }), choice('post', '职务', choices('SeatPost'), { required: true }), day('from', '从哪一天', { hint: '不写为今天。' }), day('to', '到哪一天', { hint: '不写为不限，写的当天仍有效。' }),
      ...form['post'] === 'SUPERVISOR' ? [line('initiator', '由谁提出', { hint: '政协委派，或部门邀请。' }), line('certificate', '聘书编号')] : []],
    send: async (form, key) => {
      const { data, error } = await client.mutation(SeatMemberDocument, { input: { membershipId: p.id, ...form, idempotencyKey: key } as unknown as SeatMemberInput }).toPromise()
      return answered(error, data?.seatMember, '席位已经安排。')
    },
  })
  const unseat = (s: NonNullable<Person['seats']>[number]): Task => ({
    name: 'unseat:' + s.id, title: `终止${p.name}在${s.unit.name}的席位`, button: '终止席位', danger: true, start: { on: plusDays(today(), -1) },
    fields: [day('on', '最后一天', { required: true, hint: '写昨天的，马上终止。' }), reason('理由', {})],
    confirm: '随职务取得的角色同时没有。办到一半的件，由流程交给还在任的人。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(EndSeatDocument, { input: { seatId: s.id, on: String(form['on']), reason: form['reason'] as string | null, idempotencyKey: key } }).toPromise()
      return answered(error, data?.endSeat, '席位已经终止。')
    },
  })
  const grant = (): Task => ({
    name: of('grant'), title: `授予${p.name}角色`, button: '授予', says: '先看他增加哪些权限，再确认。领导和管理的角色要另一位管理员确认。',
    fields: [choice('role', '角色', choices('role'), { required: true }), pick('unitId', '只在哪个单位', 'units', { hint: '不选为全会。选了的，只在这个单位和它的下级有效。' }), day('from', '从哪一天', { hint: '不写为马上；要两人的角色不能写。' }), day('to', '到哪一天', { hint: '不写为不限，写的当天仍有效。' }), reason('事由', { hint: '要两人的角色必填。' })],
    preview: async form => {
      const { data, error } = await client.query(PreviewGrantDocument, { input: { membershipId: p.id, ...form } as never }, { requestPolicy: 'network-only' }).toPromise()
      return looked(error, data?.previewGrant)
    },
    send: async (form, key) => {
      const { data, error } = await client.mutation(GrantRoleDocument, { input: { membershipId: p.id, ...form, idempotencyKey: key } as unknown as GrantRoleInput }).toPromise()
      const waits = data?.grantRole.grant && pending(data.grantRole.grant)
      return answered(error, data?.grantRole, waits ? '已经提出，另一位管理员确认以后生效。' : '已经授予，马上生效。')
    },
  })
  const revoke = (g: NonNullable<Person['grants']>[number], role: string): Task => ({
    name: 'revoke:' + g.id, title: `撤销${p.name}的“${role}”`, button: '撤销', danger: true, fields: [reason()],
    preview: async () => {
      const { data, error } = await client.query(PreviewRevokeDocument, { id: g.id }, { requestPolicy: 'network-only' }).toPromise()
      return looked(error, data?.previewRevoke)
    },
    send: async (form, key) => {
      const { data, error } = await client.mutation(RevokeGrantDocument, { input: { grantId: g.id, reason: String(form['reason']), takerId: form['takerId'] as string | null, idempotencyKey: key } }).toPromise()
      return answered(error, data?.revokeGrant, '已经撤销，马上生效。')
    },
  })
  return { correct, activate, invite, uninvite, status, end, reinstate, seat, unseat, grant, revoke }
}

/** Confirming what another administrator proposed. */
export async function confirmGrant(grantId: string, key: string) {
  const { data, error } = await client.mutation(ConfirmGrantDocument, { input: { grantId, idempotencyKey: key } }).toPromise()
  return answered(error, data?.confirmGrant, '已经确认，授权马上生效。')
}
export const seatDays = (from: string | null | undefined, to: string | null | undefined) => [from ? sayDay(from) + '起' : '', to ? '到' + sayDay(to) : ''].filter(s => s).join('，')
