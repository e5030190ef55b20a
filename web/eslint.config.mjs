import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

export default ts.config(
  { ignores: ['src/api/gql', 'dist', 'node_modules'] },
  ...ts.configs.recommended,
  ...vue.configs['flat/essential'],
  { files: ['**/*.vue'], languageOptions: { parserOptions: { parser: ts.parser } } },
  { rules: {
    'no-undef': 'off', // TypeScript knows
    'vue/multi-word-component-names': 'off',
    'max-lines': ['error', 300],
    'vue/no-v-html': 'error',
    'vue/no-static-inline-styles': 'error', // the policy refuses them
  } },
  // A page imports from its own folder and from api, form and shell.
  ...['matter', 'desk', 'find', 'platform', 'loop', 'admin'].map(place => ({
    files: [`src/${place}/**`],
    rules: { 'no-restricted-imports': ['error', { patterns: ['matter', 'desk', 'find', 'platform', 'loop', 'admin'].filter(p => p !== place).map(p => ({ group: [`**/${p}/*`, `!**/api/gql/${p}`, `!**/api/**`], message: 'a page imports from its own folder and from api, form and shell' })) }] },
  })),
)
