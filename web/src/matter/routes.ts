import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/matters/:id', component: () => import('./MatterPage.vue'), meta: { title: '事项' } },
  { path: '/review', component: () => import('./review/Review.vue'), meta: { title: '审查提案', one: 'review' } },
  { path: '/propose', component: () => import('./propose/Propose.vue'), meta: { title: '写提案', one: 'propose' } },
  { path: '/propose/:id', component: () => import('./propose/Propose.vue'), meta: { title: '写提案', one: 'propose' } },
]
