// The sign-in bar above GraphiQL. Tokens live in this page only: nothing is
// stored, and leaving the page forgets them.
'use strict'
;(() => {
  const $ = (id) => document.getElementById(id)
  const root = ReactDOM.createRoot($('graphiql'))
  const fetcher = GraphiQL.createFetcher({ url: '/graphql' })
  const example = `# Ctrl-空格 补全，Ctrl-回车 运行。左上角的书是接口文档。
query Me {
  viewer {
    membership { name }
    tenant { name }
    roles
  }
}
`
  function show(token) {
    const headers = token ? JSON.stringify({ Authorization: `Bearer ${token}` }, null, 2) : '{}'
    root.render(
      React.createElement(GraphiQL, {
        fetcher, headers, defaultQuery: example, isHeadersEditorEnabled: true, shouldPersistHeaders: false,
        defaultEditorToolsVisibility: 'headers',
      })
    )
  }
  function say(text, bad) {
    $('state').textContent = text
    $('state').className = bad ? 'bad' : ''
  }

  async function call(query, input) {
    const resp = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query, variables: { input } }),
    })
    const { data, errors } = await resp.json()
    if (errors) throw new Error(errors[0].message)
    const payload = Object.values(data)[0]
    if (payload.userErrors.length) throw new Error(payload.userErrors[0].message)
    return payload
  }
  const tokens = 'tokens { accessToken accessExpiresAt refreshToken } userErrors { message }'
  let timer
  function enter(t, who) {
    show(t.accessToken)
    say(`已登录：${who}`)
    // A minute early, so that no request carries a dead token.
    clearTimeout(timer)
    timer = setTimeout(async () => {
      try {
        const p = await call(`mutation($input: RefreshInput!) { refreshTokens(input: $input) { ${tokens} } }`, { refreshToken: t.refreshToken })
        enter(p.tokens, who)
      } catch (err) {
        say(err.message, true)
      }
    }, Math.max(new Date(t.accessExpiresAt) - Date.now() - 60_000, 5_000))
  }

  let pending // the refresh token with which an identity is chosen
  $('bar').addEventListener('submit', async (ev) => {
    ev.preventDefault()
    try {
      const p = await call(
        `mutation($input: SignInInput!) { signIn(input: $input) { choices { membershipId tenantName } refreshToken ${tokens} } }`,
        { login: $('login').value, password: $('password').value }
      )
      $('password').value = ''
      $('choice').hidden = Boolean(p.tokens)
      if (p.tokens) return enter(p.tokens, p.choices[0].tenantName)
      pending = p.refreshToken
      $('choice').replaceChildren(new Option('请选择身份', ''), ...p.choices.map((c) => new Option(c.tenantName, c.membershipId)))
      say('请选择身份')
    } catch (err) {
      say(err.message, true)
    }
  })
  $('choice').addEventListener('change', async () => {
    const { value, selectedOptions } = $('choice')
    if (!value) return
    try {
      const p = await call(`mutation($input: ChooseTenantInput!) { chooseTenant(input: $input) { ${tokens} } }`, { refreshToken: pending, membershipId: value })
      $('choice').hidden = true
      enter(p.tokens, selectedOptions[0].text)
    } catch (err) {
      say(err.message, true)
    }
  })
  show('')
})()
