package process

import (
	"fmt"
	"io"
	"strings"

	"github.com/bihuan/bihuan/authz"
)

// LabelKey is a way to name what a committee calls otherwise.
type LabelKey struct{ Key, Example, Says string }

// LabelKeys are all keys of the setting labels.
var LabelKeys = []LabelKey{
	{"流程代码.环节代码", "proposal.FILED", "一个环节的名称"},
	{"stage.阶段", "stage.提", "一个阶段的名称；阶段是环节的 stage"},
	{"unit.单位类别", "unit.STREET_LIAISON", "一类单位的名称，例如街道联络委"},
}

// Reference writes as Markdown what every item of a definition means, for who
// writes one.
func Reference(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# 流程定义的写法\n\n由程序生成，与程序一致。一份流程是一个 YAML 文件；编辑器可以用 [process.schema.json](process.schema.json) 提示和检查，文件第一行写 `# yaml-language-server: $schema=process.schema.json`。条件、关系、效果的用语见 [vocabulary.md](vocabulary.md)。`bihuan process check 文件.yaml` 检查能否发布。\n")
	for _, p := range Parts() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| 项目 | 写法 | 必填 | 说明 |\n|---|---|---|---|\n", p.Title, p.Says)
		for _, k := range p.Keys {
			needed, says := "", k.Says
			if k.Needed {
				needed = "是"
			}
			switch {
			case len(k.One) > 0 && len(k.One) <= 13:
				says += "。可以是 `" + strings.Join(k.One, "`、`") + "`"
			case len(k.One) > 0:
				says += "。角色和当事方见下面"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Name, k.Written(), needed, says)
		}
	}
	formReference(&b)
	b.WriteString("\n## 角色、当事方和职务\n\n`turn`、`by`、`notify`、`escalate` 用的代码。角色是谁担任由租户管理员任命；当事方是事项里登记的人或单位。\n\n")
	b.WriteString("- 角色：")
	for i, code := range RoleCodes() {
		if i > 0 {
			b.WriteString("、")
		}
		fmt.Fprintf(&b, "`%s` %s", code, authz.RoleName(code))
	}
	fmt.Fprintf(&b, "\n- 当事方：`%s`\n- 职务（只用于 `turn`、`by`，由挂在它上面的角色去办）：", strings.Join(PartyRoles, "`、`"))
	for i, p := range Posts {
		if i > 0 {
			b.WriteString("、")
		}
		fmt.Fprintf(&b, "`%s` %s", p.Code, p.Word)
	}
	b.WriteString("\n")
	b.WriteString("\n# 政策设置里与流程有关的\n\n## 用语（labels）\n\n把流程里的名称换成本政协的叫法，1 至 40 字。\n\n| 项目 | 例如 | 换的是 |\n|---|---|---|\n")
	for _, l := range LabelKeys {
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", l.Key, l.Example, l.Says)
	}
	b.WriteString("\n## 编号规则（numbers）\n\n项目是规则的代码，值是编号的写法，例如 `{year}-微-{seq:3}`。不认识的占位和没有 `{seq}` 的写法被拒绝；收条（`receipt`）只能用 `{year}` 和 `{seq}`。\n\n| 占位 | 填的是 |\n|---|---|\n")
	for _, p := range Placeholders {
		fmt.Fprintf(&b, "| `{%s}` | %s |\n", p.Name, p.Says)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// formReference says what a form can say beyond JSON Schema.
func formReference(b *strings.Builder) {
	b.WriteString(`
## 表单

动作的 ` + "`form`" + ` 是 JSON Schema（draft 2020-12）里 object 的写法：` + "`required`、`properties`" + `。栏目按写的次序显示；没有写进去的栏目被拒绝。每一栏请写 ` + "`title`" + `。除了 JSON Schema，每一栏还可以写：

| 项目 | 写法 | 说明 |
|---|---|---|
| ` + "`choices`" + ` | 代码: 名称，或政策设置的名字 | 可选的值和显示的名称；` + "`" + strings.Join(Lists, "`、`") + "`" + ` 取办理时政策里的 |
| ` + "`picks`" + ` | 一个代码 | 这一栏的 id 选的是什么：` + "`" + strings.Join(texts(Picks), "`、`") + "`" + `；列表写在 items 里 |
| ` + "`day`" + ` | 一个代码 | 日期可以是哪天：` + "`" + strings.Join(texts(dayRules), "`、`") + "`" + `（已发生、承诺、计划、不限） |
| ` + "`neededFor`" + ` | 一个关系 | 办理的人与事项有这个关系时必填，例如 ` + "`on_behalf`" + ` |
| ` + "`neededIf`" + ` | 栏目: 值 | 另一栏是这个值时必填 |

文字的 ` + "`maxLength`" + ` 不超过 200 的是一行，其余可以分行。叫这些名字的栏目不写也知道：

| 栏目 | 名称 | 选什么 |
|---|---|---|
`)
	for _, f := range NamedFields {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.Name, f.Title, f.Picks)
	}
}
