package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Tenant is one committee. The table is the public directory of committees:
// it holds nothing that a stranger may not know, so it has no policy.
type Tenant struct{ ent.Schema }

func (Tenant) Annotations() []schema.Annotation {
	return described("tenants", "租户：一个政协委员会。上级不因为是上级而能看到下级的数据。")
}

func (Tenant) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Default(newID).Immutable(),
		field.Text("code").Unique().Comment("GB/T 2260 行政区划代码"),
		field.Text("name").Comment("全称"),
		field.Text("short_name").Comment("简称"),
		field.Enum("level").Values("PROVINCE", "CITY", "DISTRICT", "ZONE").Comment("层级"),
		field.UUID("parent_id", uuid.UUID{}).Optional().Nillable().Annotations(entgql.Skip()),
		field.Enum("status").Values("ACTIVE", "SUSPENDED").Default("ACTIVE").Comment("状态"),
		field.Time("created_at").Immutable().Comment("建立时间"),
	}
}

func (Tenant) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("children", Tenant.Type).Comment("下级政协").
			From("parent").Field("parent_id").Unique().Comment("上级政协"),
	}
}

func (Tenant) Indexes() []ent.Index { return []ent.Index{index.Fields("parent_id")} }
