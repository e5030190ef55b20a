//go:build ignore

// Command entc generates gen/ and the GraphQL types of the stored entities.
package main

import (
	"log"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
)

func main() {
	gql, err := entgql.NewExtension(
		entgql.WithSchemaGenerator(),
		entgql.WithSchemaPath("../graph/generated/ent.graphql"),
		entgql.WithConfigPath("../gqlgen.yml"),
		entgql.WithWhereInputs(false),
		entgql.WithRelaySpec(true),
	)
	if err != nil {
		log.Fatal(err)
	}
	// Parsed after entgql's own, it takes the place of the helper of that name.
	paginate := gen.MustParse(gen.NewTemplate("paginate").Funcs(entgql.TemplateFuncs).ParseFiles("./template/paginate.tmpl"))
	err = entc.Generate("./schema", &gen.Config{
		Target:   "./gen",
		Package:  "github.com/bihuan/bihuan/ent/gen",
		Features: []gen.Feature{gen.FeatureIntercept, gen.FeatureExecQuery, gen.FeatureLock},
	}, entc.Extensions(gql), func(c *gen.Config) error {
		c.Templates = append(c.Templates, paginate)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
