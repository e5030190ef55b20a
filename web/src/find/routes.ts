import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/find', component: () => import('./Find.vue'), meta: { title: '查找' } },
  { path: '/find/overdue', component: () => import('./Urge.vue'), meta: { title: '催办逾期的单位' } },
]
