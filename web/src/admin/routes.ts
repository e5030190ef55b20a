import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/admin', component: () => import('./Index.vue'), meta: { title: '管理' } },
]
