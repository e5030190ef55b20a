import { client } from '../api/client'
import { CloseUnitDocument, CreateUnitDocument, MergeUnitsDocument, MoveUnitDocument, PreviewCloseUnitDocument, RenameUnitDocument, UpdateUnitDocument } from '../api/gql/people'
import type { CloseUnitInput, CreateUnitInput, MergeUnitsInput, MoveUnitInput, RenameUnitInput, UnitKindsQuery, UnitPageQuery, UpdateUnitInput } from '../api/gql/types'
import type { Form } from '../form/fields'
import { choice, day, line, pick, reason } from '../form/make'
import { answered, type Look, type Task } from '../form/task'
import { today } from '../shell/days'
import { changes, type Choices } from './people'

/** What an administrator does with units; where running work goes is shown before it is done. */
export type UnitOf = Extract<NonNullable<UnitPageQuery['node']>, { line: unknown }>

export function creating(choices: Choices, kinds: UnitKindsQuery['unitKinds']): Task {
  const of = (line: unknown) => choices('UnitKind').filter(o => kinds.find(k => k.kind === o.value)?.line === line)
  return {
    name: 'unit', title: '新增单位', button: '新增', start: { line: 'HANDLING' },
    says: '组织线是委员所在的界别、专委会、街道联络委；阵地线是委员之家、工作站；承办线是办理提案的单位。',
    fields: form => [
      choice('line', '哪条线', choices('UnitLine'), { required: true }), choice('kind', '类别', of(form['line']), { required: true }), line('name', '名称', { required: true }), line('shortName', '简称'), pick('parentId', '上级单位', 'units', { hint: '不选为最上级。' }),
      ...form['line'] === 'HANDLING' ? [choice('channel', '交办渠道', choices('UnitChannel')), line('docWord', '机关代字', { hint: '发文字号里的，例如“中商发”。' })] : [],
      ...form['line'] === 'VENUE' ? [line('brand', '工作品牌')] : [],
      line('category', '本会自己的分类'), line('level', '层级', { hint: '例如区、街道、社区。' }), day('from', '启用日期', { hint: '不写为今天。' }),
    ],
    send: async (form, key) => {
      const { channel, docWord, ...rest } = form
      const { data, error } = await client.mutation(CreateUnitDocument, { input: { ...rest, ...form['line'] === 'HANDLING' ? { channel, docWord } : {}, idempotencyKey: key } as unknown as CreateUnitInput }).toPromise()
      const made = data?.createUnit
      return { ...answered(error, made, `已经新增“${String(form['name'])}”。`), ...made?.unit ? { at: '/admin/units/' + made.unit.id } : {} }
    },
  }
}

/** What waits for a unit, and that it goes over. */
async function waiting(unitId: string, none: string, some: string): Promise<Look> {
  const { data, error } = await client.query(PreviewCloseUnitDocument, { unitId }, { requestPolicy: 'network-only' }).toPromise()
  const leaves = data?.previewCloseUnit ?? []
  return { error, leaves, says: [leaves.length > 0 ? some : none] }
}

export function unitTasks(now: () => UnitOf, choices: Choices) {
  const u = now(), version = () => now().version
  const of = (task: string) => `unit-${task}:${u.id}`
  const correct = (): Task => {
    const start: Form = Object.fromEntries(Object.entries({ shortName: u.shortName, channel: u.channel, docWord: u.docWord, brand: u.brand, category: u.category, level: u.level }).filter(([, v]) => v != null && v !== ''))
    return {
      name: of('correct'), title: `更正“${u.name}”的登记`, button: '记下', version, start, says: '名称要改的，用“改名”。',
      fields: [line('shortName', '简称'), ...u.line === 'HANDLING' ? [choice('channel', '交办渠道', choices('UnitChannel')), line('docWord', '机关代字')] : [], ...u.line === 'VENUE' ? [line('brand', '工作品牌')] : [], line('category', '本会自己的分类'), line('level', '层级')],
      send: async (form, key, expectedVersion) => {
        const changed = changes(start, form)
        if (changed['channel'] === '') changed['channel'] = null
        const { data, error } = await client.mutation(UpdateUnitDocument, { input: { unitId: u.id, ...changed, expectedVersion, idempotencyKey: key } as UpdateUnitInput }).toPromise()
        return answered(error, data?.updateUnit, '已经更正。')
      },
    }
  }
  const rename = (): Task => ({
    name: of('rename'), title: `“${u.name}”改名`, button: '改名', version,
    fields: [line('name', '新名称', { required: true }), line('shortName', '新简称'), ...u.line === 'HANDLING' ? [line('docWord', '新机关代字', { hint: '不写为不变。' })] : [], day('on', '从哪一天', { latest: today(), hint: '不写为今天。' }), reason('理由', { hint: '例如：机构改革文件的文号。' })],
    preview: () => waiting(u.id, '没有正在办的件。人员和下级单位转入新名称；以前的件上仍写原名。', '人员、下级单位和下面这些件都转入新名称，由原班人接着办；以前的件上仍写原名。'),
    send: async (form, key, expectedVersion) => {
      const { data, error } = await client.mutation(RenameUnitDocument, { input: { unitId: u.id, ...form, expectedVersion, idempotencyKey: key } as unknown as RenameUnitInput }).toPromise()
      const made = data?.renameUnit
      return { ...answered(error, made, `已经改名为“${String(form['name'])}”。`), ...made?.unit ? { at: '/admin/units/' + made.unit.id } : {} }
    },
  })
  const merge = (): Task => ({
    name: of('merge'), title: `“${u.name}”并入别的单位`, button: '并入', danger: true,
    fields: [pick('intoId', '并入哪个单位', 'units', { required: true }), day('on', '从哪一天', { latest: today(), hint: '不写为今天。' }), reason()],
    preview: () => waiting(u.id, '没有正在办的件。人员和下级单位转入并入的单位，本单位停用。', '人员和下级单位转入并入的单位，本单位停用；下面这些件由并入的单位接着办：'),
    send: async (form, key) => {
      const { data, error } = await client.mutation(MergeUnitsDocument, { input: { unitIds: [u.id], ...form, idempotencyKey: key } as unknown as MergeUnitsInput }).toPromise()
      const made = data?.mergeUnits
      return { ...answered(error, made, '已经并入，人员和没办完的件都转过去了。'), ...made?.unit ? { at: '/admin/units/' + made.unit.id } : {} }
    },
  })
  const move = (): Task => ({
    name: of('move'), title: `改变“${u.name}”的上级`, button: '改上级', version, start: u.parent ? { parentId: u.parent.id } : {},
    fields: [pick('parentId', '新的上级单位', 'units', { hint: '不选为最上级。' }), reason('理由', {})],
    confirm: '上级单位的人看得到下级的事项：改了上级，看得到的人跟着变。',
    send: async (form, key, expectedVersion) => {
      const { data, error } = await client.mutation(MoveUnitDocument, { input: { unitId: u.id, ...form, expectedVersion, idempotencyKey: key } as MoveUnitInput }).toPromise()
      return answered(error, data?.moveUnit, '上级已经改好。')
    },
  })
  const close = (): Task => ({
    name: of('close'), title: `停用“${u.name}”`, button: '停用', danger: true, version,
    fields: [day('on', '最后一天', { latest: today(), hint: '不写为今天。' }), reason()],
    preview: async () => {
      const look = await waiting(u.id, '没有正在办的件。席位同时终止；以前的件上仍写它的名称。', '席位同时终止。下面这些件还没有办完，请选由哪个单位接着办：')
      return { ...look, asks: look.leaves && look.leaves.length > 0 ? [pick('heirId', '由哪个单位接办', 'units', { required: true })] : [] }
    },
    send: async (form, key, expectedVersion) => {
      const { data, error } = await client.mutation(CloseUnitDocument, { input: { unitId: u.id, ...form, expectedVersion, idempotencyKey: key } as unknown as CloseUnitInput }).toPromise()
      return answered(error, data?.closeUnit, '已经停用。')
    },
  })
  return { correct, rename, merge, move, close }
}
