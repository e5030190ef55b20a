// Package templates holds what a committee starts with: the definitions of the
// regulated processes, which every committee has, and those of the platforms
// that committees of Liaoning run, of which each takes what it wants and
// changes it. They are data; the rules they name are registered by the nouns
// and by the vocabulary of package flow.
package templates

import (
	"embed"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:embed *.yaml floor/*.yaml
var files embed.FS

// Processes lists the definitions that a new committee is provisioned with: all
// but those on the shelf, from which it chooses.
func Processes() (out [][]byte) {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // embedded: cannot fail
	}
	for _, e := range entries {
		name, definition := strings.CutSuffix(e.Name(), ".yaml")
		if definition && !slices.ContainsFunc(shelf, func(t Template) bool { return t.Name == name }) {
			out = append(out, source(name))
		}
	}
	return out
}

func source(name string) []byte {
	b, err := files.ReadFile(name + ".yaml")
	if err != nil {
		panic(err) // embedded: cannot fail
	}
	return b
}

// Floor is what no version of a regulated kind may go below, nil where nothing
// is fixed.
func Floor(kind string) []byte {
	b, err := files.ReadFile("floor/" + kind + ".yaml")
	if err != nil || kind == settings {
		return nil
	}
	return b
}

// settings names the file that speaks of no kind.
const settings = "settings"

// ProtectingSettings says which settings protect, and what none may go below.
func ProtectingSettings() []byte {
	b, err := files.ReadFile("floor/" + settings + ".yaml")
	if err != nil {
		panic(err) // embedded: cannot fail
	}
	return b
}

// Template is a platform's process that a committee can copy.
type Template struct {
	Name    string // of the template, and the kind that it ships with
	Title   string // as the definition says it
	Summary string // one sentence for who chooses
	Area    string // whose way of working it is
	Source  []byte // the definition, YAML; the caller may not change it
}

// shelf is what the definitions do not say themselves, in the order in which
// they are offered.
var shelf = []Template{
	{Name: "topic", Area: "通用", Summary: "群众提出的议题：收到、采纳或转办，直到把结果告诉提出的人"},
	{Name: "lushun", Area: "旅顺口区政协", Summary: "七步协商：选定议题、确定主体、做好调研、组织协商、报送结果、推动落实、规范档案，步步不可跳过"},
	{Name: "shuangbai", Area: "普兰店区政协", Summary: "先恳谈后协商，先问需后服务：恳谈、筛选、确定协商事项、三办、反馈群众"},
	{Name: "yishihui", Area: "中山区政协", Summary: "居民的问题清单：摸底、视察、部门会前准备、会上现场解决或认领、会后跟踪"},
	{Name: "yiqihui", Area: "中山区政协", Summary: "楼宇企业的问题清单：摸底、视察、部门会前准备、现场解答或认领、会后跟踪"},
	{Name: "wupeitong", Area: "中山区政协", Summary: "不用陪同、不发通知、不打招呼、不听汇报的调研：一个课题一份报告，报告要有转化"},
	{Name: "jiandu", Area: "西岗区政协、中山区政协", Summary: "从监督方案到落实方案、跟踪和回头看；暗访在进行之前不为被监督单位所知"},
	{Name: "zhaoshang", Area: "甘井子区政协", Summary: "委员提供的招商线索：入目录、对接、跟踪，直到落地或终止"},
	{Name: "dandong", Area: "丹东市政协", Summary: "委员工作室、界别活动站、委员会客厅、委员履职岗的履职活动及其问题的办理"},
	{Name: "jinzhou", Area: "锦州市政协", Summary: "委员十走进，履职五促进，群众五满意：走进、测评、改进"},
}

var filled = sync.OnceValue(func() []Template {
	for i := range shelf {
		t := &shelf[i]
		t.Source = source(t.Name)
		var says struct{ Title string }
		if err := yaml.Unmarshal(t.Source, &says); err != nil {
			panic(err) // embedded: a test reads it
		}
		t.Title = says.Title
	}
	return shelf
})

// Platforms lists the platforms' processes from which a committee chooses.
func Platforms() []Template { return append([]Template(nil), filled()...) }
