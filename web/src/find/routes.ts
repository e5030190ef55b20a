import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/find', component: () => import('./Find.vue'), meta: { title: '查找' } },
]
