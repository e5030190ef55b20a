import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/loop', component: () => import('./Loop.vue'), meta: { title: '闭环与全局' } },
  { path: '/loop/ledger', component: () => import('./Ledger.vue'), meta: { title: '台账' } },
]
