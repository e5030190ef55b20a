import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/loop', component: () => import('./Index.vue'), meta: { title: '闭环与全局' } },
]
