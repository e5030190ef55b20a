// Package schema says what is stored: one file an entity. It imports only ent
// and contrib, so generation never needs a prior build. Comments in Chinese
// become the descriptions of the GraphQL API; Go comments say why.
package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"
)

// newID returns a UUIDv7: ordered in time, unique across installations.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// Tenanted is the mixin of every row that belongs to one committee. The
// tenant is filled by a hook of package tenants, never by a caller, and row
// level security checks it again. (tenant_id, id) is unique so that references
// can be composite: RLS does not check foreign keys.
type Tenanted struct{ mixin.Schema }

func (Tenanted) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Default(newID).Immutable(),
		field.UUID("tenant_id", uuid.UUID{}).Immutable().Annotations(entgql.Skip()),
		field.Time("created_at").Immutable().Comment("记录建立的时间，由租户边界按产品的时钟填写"),
	}
}

func (Tenanted) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "id").Unique()}
}

// Versioned adds the number that optimistic locking compares.
type Versioned struct{ mixin.Schema }

func (Versioned) Fields() []ent.Field {
	return []ent.Field{
		field.Int("version").Default(1).Comment("版本号，写操作的 expectedVersion 与它比较"),
		field.Time("updated_at").Comment("最近一次修改的时间，由租户边界按产品的时钟填写"),
	}
}

// Dated is Versioned of what is listed by its latest change.
type Dated struct{ mixin.Schema }

func (Dated) Fields() []ent.Field {
	fields := Versioned{}.Fields()
	fields[1] = field.Time("updated_at").Comment(fields[1].Descriptor().Comment).Annotations(entgql.OrderField("UPDATED_AT"))
	return fields
}

var tenanted = []ent.Mixin{Tenanted{}}
var tenantedVersioned = []ent.Mixin{Tenanted{}, Versioned{}}

// date is a calendar day in Asia/Shanghai: deadlines are days, not instants.
func date(name, comment string) ent.Field {
	return field.Time(name).SchemaType(map[string]string{dialect.Postgres: "date"}).
		Optional().Nillable().Comment(comment).Annotations(entgql.Type("Date"))
}

// moment is an optional instant.
func moment(name, comment string) ent.Field {
	return field.Time(name).Optional().Nillable().Comment(comment)
}

// text is an optional string; empty means not given.
func text(name, comment string) ent.Field {
	return field.Text(name).Optional().Comment(comment)
}

// hiddenText is stored but never generated into the API: personal data is
// answered by a written resolver that asks who is looking.
func hiddenText(name, comment string) ent.Field {
	return field.Text(name).Optional().Sensitive().Comment(comment).Annotations(entgql.Skip())
}

// compared is the form in which a text beside it is compared; the database
// fills it (matters_keys), nobody else writes it.
func compared(name string) ent.Field {
	return field.Text(name).Optional().Nillable().Annotations(entgql.Skip())
}

// ordering is the form in which a text beside it is ordered; the database fills
// it, nobody else writes it, and lists are all that shows it.
func ordering(name, by string) ent.Field {
	return field.Text(name).Optional().Nillable().Annotations(entgql.OrderField(by),
		entgql.Skip(entgql.SkipType|entgql.SkipWhereInput|entgql.SkipMutationCreateInput|entgql.SkipMutationUpdateInput))
}

// ref is an optional reference; the edge beside it carries the constraint.
func ref(name string) ent.Field {
	return field.UUID(name, uuid.UUID{}).Optional().Nillable().Annotations(entgql.Skip())
}

// owner is the required reference of a part to its whole.
func owner(name string) ent.Field {
	return field.UUID(name, uuid.UUID{}).Immutable().Annotations(entgql.Skip())
}

// partOf is the edge from a part to its whole.
func partOf(name string, t any, refEdge, fieldName string) ent.Edge {
	return edge.From(name, t).Ref(refEdge).Field(fieldName).Unique().Required().Immutable()
}

// byMatter is the index with which parts are fetched with their matter.
func byMatter() ent.Index { return index.Fields("tenant_id", "matter_id") }

// described gives the table's and the type's description and the table's name.
func described(table, comment string, more ...schema.Annotation) []schema.Annotation {
	return append([]schema.Annotation{entsql.Annotation{Table: table}, schema.Comment(comment)}, more...)
}
