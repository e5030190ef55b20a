import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/matters/:id', component: () => import('./MatterPage.vue'), meta: { title: '事项' } },
]
