//go:build ignore

// Command entc generates gen/ and the GraphQL types of the stored entities.
package main

import (
	"fmt"
	"log"
	"strings"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/ent/schema"
)

func main() {
	gql, err := entgql.NewExtension(
		entgql.WithSchemaGenerator(),
		entgql.WithSchemaPath("../graph/generated/ent.graphql"),
		entgql.WithConfigPath("../gqlgen.yml"),
		entgql.WithWhereInputs(false),
		entgql.WithRelaySpec(true),
		entgql.WithSchemaHook(inWords),
	)
	if err != nil {
		log.Fatal(err)
	}
	// Parsed after entgql's own, it takes the place of the helper of that name.
	paginate := gen.MustParse(gen.NewTemplate("paginate").Funcs(entgql.TemplateFuncs).ParseFiles("./template/paginate.tmpl"))
	stored := gen.MustParse(gen.NewTemplate("stored").Funcs(entgql.TemplateFuncs).ParseFiles("./template/stored.tmpl"))
	err = entc.Generate("./schema", &gen.Config{
		Target:   "./gen",
		Package:  "github.com/bihuan/bihuan/ent/gen",
		Features: []gen.Feature{gen.FeatureIntercept, gen.FeatureExecQuery, gen.FeatureLock},
	}, entc.Extensions(gql), func(c *gen.Config) error {
		c.Templates = append(c.Templates, paginate, stored)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}

// general are the descriptions of what entgql adds by itself.
var general = map[string]string{
	"Query": "查询：只看得到自己有权看的", "Node": "有全局编号的对象", "PageInfo": "这一页之前、之后还有没有", "Cursor": "翻页用的游标：原样交回，不要解读", "OrderDirection": "次序的方向",
	"ASC": "由小到大，由早到晚", "DESC": "由大到小，由晚到早",
	"id": "全局唯一的编号", "edges": "本页的各条", "pageInfo": "前后还有没有", "totalCount": "总数；问了才数", "node": "这一条", "cursor": "这一条的游标",
	"direction": "方向", "field": "按什么排", "hasNextPage": "后面还有", "hasPreviousPage": "前面还有", "startCursor": "本页第一条的游标", "endCursor": "本页最后一条的游标",
	"after": "从这个游标之后取", "before": "取到这个游标之前", "first": "从前取几条，1 至 100", "last": "从后取几条，1 至 100", "orderBy": "按什么排", "ids": "全局编号，至多一页",
	"matter": "所属的事项", "event": "所属的会议或走访", "assignment": "所属的份额", "reply": "所属的答复", "membership": "人", "unit": "单位",
	"term": "所属的届", "sitting": "所属的次会议", "from": "起点的事项", "to": "终点的事项", "nodes": "按全局编号取若干个对象；没有的和不能看的为空",
}

// inWords says in Chinese what the generated part of the API is: the types by the
// comments of their schemas, the values of enums by schema.Words, the rest by what
// it is everywhere.
func inWords(g *gen.Graph, s *ast.Schema) error {
	for _, n := range g.Nodes {
		def := s.Types[n.Name]
		if def == nil {
			continue
		}
		if c, ok := n.Annotations["Comment"].(map[string]any); ok && def.Description == "" {
			def.Description, _ = c["Text"].(string)
		}
		for _, e := range n.Edges {
			for _, f := range def.Fields {
				if strings.EqualFold(f.Name, strings.ReplaceAll(e.Name, "_", "")) && f.Description == "" {
					f.Description = e.Comment()
				}
			}
		}
	}
	for name, def := range s.Types {
		if err := describe(name, def); err != nil {
			return err
		}
	}
	s.Types["Query"].Fields.ForName("nodes").Type.NonNull = false // as every field of Query that may be refused, see docs/adr/0039
	return nil
}

// describe fills in what a type lacks.
func describe(name string, def *ast.Definition) error {
	noun := name
	for _, end := range []string{"Connection", "Edge", "OrderField", "Order"} {
		noun = strings.TrimSuffix(noun, end)
	}
	noun = schema.Nouns[noun]
	switch {
	case general[name] != "":
		def.Description = general[name]
	case strings.HasSuffix(name, "Connection"):
		def.Description = noun + "的列表，一页"
	case strings.HasSuffix(name, "Edge"):
		def.Description = noun + "列表中的一条"
	case strings.HasSuffix(name, "OrderField"):
		def.Description = noun + "的列表可以按什么排"
	case strings.HasSuffix(name, "Order"):
		def.Description = noun + "的列表怎样排"
	case def.Kind == ast.Enum:
		var list []string
		for _, v := range def.EnumValues {
			v.Description = schema.Words[name][v.Name]
			list = append(list, strings.SplitN(v.Description, "：", 2)[0])
		}
		def.Description = strings.Join(list, " / ")
	}
	for _, v := range def.EnumValues {
		if word := general[v.Name]; word != "" && !chinese(v.Description) {
			v.Description = word
		} else if v.Description == "" {
			v.Description = schema.Orders[v.Name]
		}
		if v.Description == "" {
			return fmt.Errorf("%s.%s has no word in ent/schema/words.go", name, v.Name)
		}
	}
	for _, f := range def.Fields {
		if word := general[f.Name]; word != "" && !chinese(f.Description) {
			f.Description = word
		}
		for _, a := range f.Arguments {
			if word := general[a.Name]; word != "" && !chinese(a.Description) {
				a.Description = word
			}
		}
	}
	return nil
}

func chinese(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x4e00 }) >= 0
}
