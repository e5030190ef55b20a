package vocab

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/flow/process"
)

// sorts are the chapters of the vocabulary.
var sorts = []struct {
	sort         process.Sort
	title, intro string
}{
	{process.Guard, "条件（guards）", "动作进行之前要成立的；第一条不成立的就是给用户的回答。"},
	{process.Relation, "关系（as）", "动作只能由与事项有其中一种关系的人进行。"},
	{process.Effect, "效果（effects）", "动作进行时依次做的，全部在同一个事务中。"},
}

// Print writes the whole vocabulary as Markdown, for who writes a process.
func Print(w io.Writer, v *process.Vocabulary) error {
	var b strings.Builder
	b.WriteString("# 流程用语\n\n由程序生成，与程序一致。一条规则写成 `名称`，或 `{名称: {参数: 值}}`。没有写的参数按其说明取默认值；不认识的参数在发布时被拒绝。\n")
	words := v.ForAll()
	for _, s := range sorts {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", s.title, s.intro)
		for _, word := range words {
			if word.Sort != s.sort {
				continue
			}
			fmt.Fprintf(&b, "\n### `%s`\n\n%s\n", word.Name, word.Says+"。")
			if len(word.Args) == 0 {
				continue
			}
			b.WriteString("\n| 参数 | 写法 | 说明 |\n|---|---|---|\n")
			for _, a := range word.Args {
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", a.Name, a.Type, strings.ReplaceAll(a.Doc, "|", `\|`))
			}
		}
	}
	printOwn(&b, v)
	_, err := io.WriteString(w, b.String())
	return err
}

// sortNames are the sorts in the nouns' tables.
var sortNames = map[process.Sort]string{
	process.Guard: "条件", process.Relation: "关系", process.Effect: "效果", process.Chooser: "选取期限", process.Base: "起算",
}

// printOwn lists what belongs to the shipped processes, each with its kinds.
func printOwn(b *strings.Builder, v *process.Vocabulary) {
	of := map[string][]*process.Word{}
	for _, word := range v.Words(process.Guard, process.Relation, process.Effect, process.Chooser, process.Base) {
		if len(word.Kinds) > 0 {
			kinds := strings.Join(word.Kinds, "、")
			of[kinds] = append(of[kinds], word)
		}
	}
	b.WriteString("\n# 随产品提供的流程自己的用语\n\n看的是只有这一类事项才有的内容，别的流程用到时不能发布。\n")
	for _, kinds := range slices.Sorted(maps.Keys(of)) {
		fmt.Fprintf(b, "\n## `%s`\n\n| 用语 | 是什么 | 意思 |\n|---|---|---|\n", kinds)
		for _, word := range of[kinds] {
			fmt.Fprintf(b, "| `%s` | %s | %s |\n", word.Name, sortNames[word.Sort], strings.ReplaceAll(word.Says, "|", `\|`))
		}
	}
}
