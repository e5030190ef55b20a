import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/platforms', component: () => import('./Index.vue'), meta: { title: '平台' } },
]
