import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  {
    path: '/admin', component: () => import('./Admin.vue'), meta: { title: '管理' },
    children: [
      { path: '', component: () => import('./Waits.vue'), meta: { title: '管理' } },
      { path: 'people', component: () => import('./People.vue'), meta: { title: '人员' } },
      { path: 'people/:id', component: () => import('./Person.vue'), meta: { title: '人员' } },
      { path: 'units', component: () => import('./Units.vue'), meta: { title: '单位' } },
      { path: 'units/:id', component: () => import('./Unit.vue'), meta: { title: '单位' } },
      { path: 'imports', component: () => import('./Imports.vue'), meta: { title: '导入与导出' } },
      { path: 'imports/:id', component: () => import('./ImportPage.vue'), meta: { title: '导入与导出' } },
      { path: 'roles', component: () => import('./Matrix.vue'), meta: { title: '角色与权限' } },
      { path: 'roles/:code', component: () => import('./Role.vue'), meta: { title: '角色与权限' } },
      { path: 'contacts', component: () => import('./Contacts.vue'), meta: { title: '联系和覆盖' } },
      { path: 'asks', component: () => import('./Asks.vue'), meta: { title: '应做的事' } },
      { path: 'asks/:code', component: () => import('./Ask.vue'), meta: { title: '应做的事' } },
      { path: 'settings', component: () => import('./Settings.vue'), meta: { title: '政策和设置' } },
      { path: 'processes', component: () => import('./Processes.vue'), meta: { title: '流程' } },
      { path: 'processes/:id', component: () => import('./ProcessPage.vue'), meta: { title: '流程' } },
      { path: 'exchange', component: () => import('./Exchange.vue'), meta: { title: '往来' } },
      { path: 'districts', component: () => import('./OwnDistricts.vue'), meta: { title: '本市的区县' } },
      { path: 'guidance', component: () => import('./Guidance.vue'), meta: { title: '发布和采用' } },
      { path: 'book', component: () => import('./Book.vue'), meta: { title: '审计记录' } },
    ],
  },
]
