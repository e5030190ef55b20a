import { client } from '../api/client'
import { ConfirmRoleDocument, DiscardRoleDocument, PreviewRoleDocument, RetireRoleDocument, SetRoleDocument } from '../api/gql/roles'
import type { RolePageQuery, RoleVersionFragment, SetRoleInput } from '../api/gql/types'
import { remember } from '../form/candidates'
import type { Field, Form } from '../form/fields'
import { choice, line, pick, reason, text } from '../form/make'
import { answered, type Look, type Task } from '../form/task'
import { sayScope, type useWords } from '../shell/words'
import type { Choices } from './people'

/**
 * Roles as forms. What a role may do is chosen from the catalogue: a list a group,
 * and in it one line for each permission and how far it reaches, so that a role is
 * narrowed by taking lines away.
 */
export type Catalogue = RolePageQuery['permissions']
type Word = ReturnType<typeof useWords>
interface Right { permission: string, scope: string }

const parts = (scope: string) => scope.split('|').map(s => s.trim()).filter(s => s)
const lineOf = (permission: string, scope: string) => permission + '@' + scope
const groupName = (group: string) => 'rights ' + group

/** The rights that are chosen in a form, their scopes joined again. */
export function rightsOf(form: Form): Right[] {
  const out = new Map<string, string[]>()
  for (const [name, chosen] of Object.entries(form)) {
    if (!name.startsWith('rights ') || !Array.isArray(chosen)) continue
    for (const one of chosen as string[]) {
      const [permission, scope] = one.split('@') as [string, string]
      out.set(permission, [...out.get(permission) ?? [], scope])
    }
  }
  return [...out].map(([permission, scopes]) => ({ permission, scope: scopes.join('|') })).sort((a, b) => a.permission.localeCompare(b.permission))
}

/** The lists of the catalogue, as far as a role may reach at most; groups in which nothing can be chosen are left out. */
function lists(all: Catalogue, most: (permission: string) => string, word: Word): Field[] {
  const groups = new Map<string, { value: string, label: string }[]>()
  for (const p of all) for (const scope of parts(most(p.permission))) {
    groups.set(p.group, [...groups.get(p.group) ?? [], { value: lineOf(p.permission, scope), label: `${p.says}：${sayScope(word, scope)}` }])
  }
  return [...groups].map(([group, of]) => choice(groupName(group), '可以做：' + group, of, { list: true }))
}

function chosen(all: Catalogue, rights: readonly Right[]): Form {
  const out: Record<string, string[]> = {}
  for (const r of rights) {
    const entry = all.find(p => p.permission === r.permission)
    if (entry) for (const scope of parts(r.scope)) (out[groupName(entry.group)] ??= []).push(lineOf(r.permission, scope))
  }
  return out
}

/** Where it counts: kinds of matters, steps of one of them, platforms; and with which posts it comes. */
function limits(form: Form, choices: Choices): Field[] {
  const kinds = form['kinds'] as string[] | undefined
  return [
    choice('posts', '随哪些职务取得', choices('SeatPost'), { list: true, hint: '选了的，任职的人在任职期间自动有这个角色，只在任职的单位和它的下级。' }),
    choice('kinds', '只对哪些类别的事项', choices('kind'), { list: true, hint: '都不选为不限。' }),
    ...kinds?.length === 1 ? [choice('states', '只在哪些环节', choices('state.' + kinds[0]), { list: true, hint: '都不选为不限。' })] : [],
    pick('platformIds', '只在哪些平台', 'platforms', { list: true, hint: '不选为不限。' }),
  ]
}

interface Ground { code: string, base?: string | undefined, now?: RoleVersionFragment | undefined, rights: readonly Right[], most: (permission: string) => string, shipped: boolean }

function setting(g: Ground, task: Pick<Task, 'name' | 'title' | 'says' | 'button'>, start: Form, all: Catalogue, choices: Choices, word: Word): Task {
  const first: Form = { ...start, ...chosen(all, g.rights) }
  const same = JSON.stringify(rightsOf(first))
  const input = (form: Form): SetRoleInput => {
    const rights = rightsOf(form), states = (form['kinds'] as string[] | undefined)?.length === 1 ? form['states'] : undefined
    return {
      code: g.code, name: String(form['name']), duty: form['duty'] as string | null ?? null, base: g.base ?? null,
      // a shipped role that is only called otherwise keeps what it may do, also when the product gives it more
      rights: g.shipped && JSON.stringify(rights) === same && !g.now?.rights.length ? null : rights,
      kinds: form['kinds'] as string[] ?? null, states: states as string[] ?? null, platformIds: form['platformIds'] as string[] ?? null,
      posts: form['posts'] as SetRoleInput['posts'] ?? null, expectedVersion: g.now?.version ?? 0, reason: form['reason'] as string | null ?? null,
    }
  }
  return {
    ...task, start: first,
    fields: form => [line('name', '叫什么', { required: true }), text('duty', '用来做什么', { hint: '一句话。' }), ...lists(all, g.most, word), ...limits(form, choices), reason('理由', {})],
    preview: async (form): Promise<Look> => {
      const { data, error } = await client.query(PreviewRoleDocument, { input: input(form) }, { requestPolicy: 'network-only' }).toPromise()
      const p = data?.previewRole
      return {
        error, faults: p?.userErrors, needsTwo: p?.needsTwo, effects: p?.people, leaves: p?.leaves,
        says: [...p?.leaves.length ? ['下面这些件会没有人办，这样设置会被拒绝：先安排接手的人。'] : [], ...(p?.breaks ?? []).map(b => '已发布的流程还要用到：' + b), ...p && p.people.length === 0 ? ['现在没有人受影响。'] : []],
      }
    },
    send: async (form, key) => {
      const { data, error } = await client.mutation(SetRoleDocument, { input: { ...input(form), idempotencyKey: key } }).toPromise()
      const made = data?.setRole
      return { ...answered(error, made, made?.role?.pending ? '已经提出，另一位管理员在这个角色的页面上确认以后生效。' : '已经设好，马上生效。'), ...made?.role ? { at: '/admin/roles/' + made.role.code } : {} }
    },
  }
}

const fresh = () => 'own_r' + Date.now().toString(36)

/** A role of one's own, from nothing or from another's rights. */
export function making(all: Catalogue, choices: Choices, word: Word, from?: { code: string, name: string, rights: readonly Right[] }): Task {
  const most = (permission: string) => all.find(p => p.permission === permission)?.scopes ?? ''
  return setting(
    { code: fresh(), base: from?.code, rights: from?.rights ?? [], most, shipped: false },
    { name: 'role-new:' + (from?.code ?? ''), title: from ? `由“${from.name}”复制一个角色` : '新建角色', button: '做成角色', says: from ? '先有它的全部权限，去掉不要的就是收窄。流程里轮到它的，也轮到复制的。' : '勾选它可以做的事。' },
    from ? { name: from.name + '（复制）' } : {}, all, choices, word,
  )
}

/** What a committee says of a role: its own, or a shipped one that it calls otherwise, narrows or hangs on a post. */
export function changing(role: { code: string, name: string, duty: string, rights: readonly Right[], now?: RoleVersionFragment | undefined, shipped: boolean }, all: Catalogue, choices: Choices, word: Word): Task {
  const now = role.now
  for (const p of now?.platforms ?? []) remember({ value: p.id, label: p.brand })
  const own = new Map(role.rights.map(r => [r.permission, r.scope]))
  const most = (permission: string) => role.shipped ? own.get(permission) ?? '' : all.find(p => p.permission === permission)?.scopes ?? ''
  const start: Form = Object.fromEntries(Object.entries({
    name: role.name, duty: role.duty, posts: now?.posts, kinds: now?.kinds, states: now?.states, platformIds: now?.platforms.map(p => p.id),
  }).filter(([, v]) => v && v.length > 0))
  return setting(
    { code: role.code, base: now?.base ?? undefined, now, rights: role.rights, most, shipped: role.shipped },
    { name: 'role:' + role.code, title: `设置“${role.name}”`, button: '设置', says: role.shipped ? '随产品提供的角色可以改叫法、收窄、限定范围、随职务取得；要增加权限，请复制成自己的角色。' : '改成新的一版，以前的各版留着。' },
    start, all, choices, word,
  )
}

export function roleEnd(code: string, name: string, shipped: boolean): Task {
  return {
    name: 'role-end:' + code, title: shipped ? `恢复“${name}”原来的样子` : `停用“${name}”`, button: shipped ? '恢复' : '停用', danger: !shipped, fields: [reason()],
    confirm: shipped ? '叫法、收窄和随职务取得都回到随产品提供的样子。' : '还有人担任、流程里用到或有件等着的，不能停用，会列出来。停用的不再能授予，以前的记录里仍写它。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(RetireRoleDocument, { input: { code, reason: String(form['reason']), idempotencyKey: key } }).toPromise()
      return answered(error, data?.retireRole, shipped ? '已经恢复。' : '已经停用。')
    },
  }
}

/** The second person's word on a version, or that it is given up. */
export function settling(v: RoleVersionFragment, how: 'confirm' | 'discard'): Task {
  return {
    name: `role-${how}:${v.id}`, title: how === 'confirm' ? `确认“${v.name}”第 ${v.version} 版` : `放弃“${v.name}”第 ${v.version} 版`, button: how === 'confirm' ? '确认' : '放弃', danger: how === 'discard', fields: [reason('理由', {})],
    confirm: how === 'confirm' ? `${v.proposedBy?.name ?? '已离开的人'}提出。确认以后马上生效，担任的人随即按新的权限办。` : '放弃以后，生效的还是原来那一版。',
    send: async (form, key) => {
      const input = { roleId: v.id, reason: form['reason'] as string | null ?? null, idempotencyKey: key }
      if (how === 'confirm') { const { data, error } = await client.mutation(ConfirmRoleDocument, { input }).toPromise(); return answered(error, data?.confirmRole, '已经确认，马上生效。') }
      const { data, error } = await client.mutation(DiscardRoleDocument, { input }).toPromise()
      return answered(error, data?.discardRole, '已经放弃。')
    },
  }
}
