package graph

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// common are the fields that every input has beside its form.
type common struct {
	subject  uuid.UUID // matterId or assignmentId; nil where there is none
	reason   string
	expected *int
	key      string
	onBehalf *uuid.UUID
}

// split takes an input apart into its common fields and its form. Every text
// is checked for characters that nobody types.
func split(input any) (common, process.Form, error) {
	c, form := common{}, process.Form{}
	v := reflect.ValueOf(input)
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.Anonymous { // of package inputs: its fields are seen
			continue
		}
		name, field := nameOf(f), v.FieldByIndex(f.Index)
		value, err := plain(field, name)
		if err != nil {
			return c, nil, err
		}
		if value == nil {
			continue
		}
		switch name {
		case "matterId", "assignmentId":
			c.subject = reflect.Indirect(field).Interface().(uuid.UUID) // not nil: value is there
		case "reason":
			c.reason = text.Clean(value.(string))
		case "expectedVersion":
			n := int(field.Elem().Int())
			c.expected = &n
		case "idempotencyKey":
			c.key = value.(string)
		default:
			if name == "onBehalfOfId" {
				id := field.Elem().Interface().(uuid.UUID)
				c.onBehalf = &id
			}
			form[name] = value
		}
	}
	if len(c.key) > 100 {
		return c, nil, errs.New(errs.Invalid, "idempotencyKey 至多 100 个字符").At("idempotencyKey")
	}
	if len([]rune(c.reason)) > 2000 {
		return c, nil, errs.New(errs.Invalid, "理由至多 2000 字").At("reason")
	}
	return c, form, nil
}

// nameOf is what the API calls a field.
func nameOf(f reflect.StructField) string {
	if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
		return name
	}
	return strings.ToLower(f.Name[:1]) + f.Name[1:]
}

// plain turns a model value into what a form holds: texts, numbers, truth
// values, lists and maps; days as 2006-01-02. nil is what was not given.
func plain(v reflect.Value, path ...string) (any, error) {
	if !v.IsValid() {
		return nil, nil
	}
	switch x := v.Interface().(type) {
	case nil:
		return nil, nil
	case uuid.UUID:
		return x.String(), nil
	case time.Time:
		return x.Format(time.DateOnly), nil
	case json.Number: // of a JSON value; a form may ask for one
		return x, nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, nil
		}
		return plain(v.Elem(), path...)
	case reflect.String:
		s := v.String()
		return s, text.Check(s, "文字", path...)
	case reflect.Slice:
		if v.IsNil() {
			return nil, nil
		}
		out := make([]any, v.Len())
		for i := range out {
			x, err := plain(v.Index(i), append(path, fmt.Sprint(i))...)
			if err != nil {
				return nil, err
			}
			out[i] = x
		}
		return out, nil
	case reflect.Map: // a JSON value: texts in it are checked like all others
		if v.IsNil() {
			return nil, nil
		}
		out := map[string]any{}
		for _, k := range v.MapKeys() {
			if _, err := plain(k, path...); err != nil {
				return nil, err
			}
			x, err := plain(v.MapIndex(k), append(path, k.String())...)
			if err != nil {
				return nil, err
			}
			out[k.String()] = x
		}
		return out, nil
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			name := nameOf(v.Type().Field(i))
			x, err := plain(v.Field(i), append(path, name)...)
			if err != nil {
				return nil, err
			}
			if x != nil {
				out[name] = x
			}
		}
		return out, nil
	}
	return v.Interface(), nil
}

// mutate carries out one mutation: an undone savepoint when it fails, the same
// answer when its idempotency key comes again, one audit entry when it
// succeeds. fn returns the changed object's type and id.
func (r *Resolver) mutate(ctx context.Context, input any, fn func(context.Context, common, process.Form) (string, uuid.UUID, error)) (uuid.UUID, []*model.UserError, error) {
	var id uuid.UUID
	c, form, err := split(input)
	if err == nil {
		err = r.once(ctx, input, c, &id, func(ctx context.Context) (string, error) {
			var typ string
			typ, id, err = fn(ctx, c, form)
			return typ, err
		})
	}
	if err == nil {
		return id, []*model.UserError{}, nil
	}
	if broken := tenants.Broken(ctx); broken != nil { // no answer of this field's alone: the whole operation is undone
		return uuid.Nil, nil, err
	}
	shown, ok := errs.As(tenants.Translate(err))
	if !ok || shown.Code == errs.Internal {
		return uuid.Nil, nil, err
	}
	bad := make([]*model.UserError, 0, 1+len(shown.More))
	for _, e := range shown.Each() {
		bad = append(bad, userError(e))
	}
	r.refusedMutation(ctx, c, bad)
	return uuid.Nil, bad, nil
}

func userError(e *errs.Error) *model.UserError {
	path := e.Path
	if path == nil {
		path = []string{}
	}
	return &model.UserError{Code: model.UserErrorCode(e.Code), Message: e.Message, Path: path, Details: e.Details}
}

// once runs do unless its idempotency key has been here before with the same
// input; with another input the key is refused.
func (r *Resolver) once(ctx context.Context, input any, c common, id *uuid.UUID, do func(context.Context) (string, error)) error {
	v := authz.From(ctx)
	name := graphql.GetFieldContext(ctx).Field.Name
	ctx, changes := audit.Collect(ctx)
	ctx, acting := authz.Acting(ctx)
	return audit.Savepoint(ctx, func(ctx context.Context) error {
		hash, err := fingerprint(input)
		if err != nil {
			return err
		}
		if c.key != "" {
			seen, err := recall(ctx, v, c.key, name, hash, id)
			if err != nil || seen {
				return err
			}
		}
		typ, err := do(ctx)
		if err != nil {
			return err
		}
		if c.key != "" {
			if err := remember(ctx, v, c.key, name, hash, *id); err != nil {
				return err
			}
		}
		p := ctx.Value(pendingKey{}).(*pending)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.unkeyed = p.unkeyed || c.key == ""
		p.entries = append(p.entries, audit.Entry{
			At: clock.Now(ctx), Action: name, Actor: v.Actor(),
			OnBehalf: cmp.Or(c.onBehalf, acting()), Object: audit.Object(typ, *id), Reason: c.reason, From: Origin(ctx), Changes: changes.Changes(),
		})
		return nil
	})
}

func fingerprint(input any) ([]byte, error) {
	b, err := json.Marshal(input)
	sum := sha256.Sum256(b)
	return sum[:], err
}

// recall takes the key, or finds what it did. Two requests with one key wait
// for each other on the key's row.
func recall(ctx context.Context, v *authz.Viewer, key, mutation string, hash []byte, id *uuid.UUID) (bool, error) {
	if _, err := tenants.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, v.Membership.String()+key); err != nil {
		return false, err
	}
	var was string
	var had []byte
	err := tenants.Row(ctx, `SELECT mutation, input_hash, result_id FROM idempotency_keys WHERE membership_id = $1 AND key = $2`,
		[]any{v.Membership, key}, &was, &had, id)
	if tenants.NoRows(err) {
		return false, nil
	}
	if err == nil && (was != mutation || !bytes.Equal(had, hash)) {
		err = errs.New(errs.Conflict, "这个 idempotencyKey 已用于别的内容，请换一个").At("idempotencyKey")
	}
	return err == nil, err
}

func remember(ctx context.Context, v *authz.Viewer, key, mutation string, hash []byte, id uuid.UUID) error {
	_, err := tenants.Exec(ctx, `
		INSERT INTO idempotency_keys (tenant_id, membership_id, key, mutation, input_hash, result_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		v.Tenant, v.Membership, key, mutation, hash, id, clock.Now(ctx))
	return err
}

// onMatter carries out an action of a matter.
func (r *Resolver) onMatter(ctx context.Context, action string, input any) (*model.MatterPayload, error) {
	var at *flow.Case // at rest; nil when the idempotency key has been here before
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, c common, form process.Form) (_ string, _ uuid.UUID, err error) {
		at, err = r.Engine.Do(ctx, command(process.OfMatter, action, c, form))
		return gen.TypeMatter, c.subject, err
	})
	return r.rested(ctx, at, cmp.Or(id, present(bad, input, gen.TypeMatter)), bad, err)
}

// present is the id of what a VERSION_CONFLICT is about, so that the payload
// brings it as it is now; nil for every other refusal.
func present(bad []*model.UserError, input any, typ string) uuid.UUID {
	if len(bad) != 1 || bad[0].Code != model.UserErrorCode(errs.VersionConflict) {
		return uuid.Nil
	}
	c, form, err := split(input)
	if err != nil || c.subject != uuid.Nil {
		return c.subject
	}
	for _, name := range []string{strings.ToLower(typ[:1]) + typ[1:] + "Id", "id"} {
		if text, ok := form[name].(string); ok {
			id, _ := uuid.Parse(text) // nil: no id, and nothing to bring
			return id
		}
	}
	return uuid.Nil
}

// onAssignment carries out an action of a unit's share.
func (r *Resolver) onAssignment(ctx context.Context, action string, input any) (*model.AssignmentPayload, error) {
	var at *flow.Case
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, c common, form process.Form) (_ string, _ uuid.UUID, err error) {
		at, err = r.Engine.Do(ctx, command(process.OfAssignment, action, c, form))
		return gen.TypeAssignment, c.subject, err
	})
	out := &model.AssignmentPayload{UserErrors: bad}
	id = cmp.Or(id, present(bad, input, gen.TypeAssignment))
	if err != nil || id == uuid.Nil {
		return out, err
	}
	var of uuid.UUID
	if at == nil || asked(ctx, "assignment") {
		if out.Assignment, err = r.ent().Assignment.Query().Where(assignment.ID(id)).Only(ctx); err != nil {
			return nil, none(err)
		}
		of = out.Assignment.MatterID
	}
	p, err := r.rested(ctx, at, of, bad, nil)
	if err == nil {
		out.Matter = p.Matter
	}
	return out, err
}

// asked reports whether the present field's selection has a field, itself or in
// a fragment on the type that it answers.
func asked(ctx context.Context, name string) bool {
	answers := graphql.GetFieldContext(ctx).Field.Definition.Type.Name()
	return slices.ContainsFunc(graphql.CollectFieldsCtx(ctx, []string{answers}), func(f graphql.CollectedField) bool { return f.Name == name })
}

func command(machine, action string, c common, form process.Form) flow.Command {
	return flow.Command{Machine: machine, Subject: c.subject, Action: action, Form: form, Reason: c.reason, Expected: c.expected, OnBehalf: c.onBehalf}
}

// matterPayload reads the matter as the viewer sees it after the change: one
// who may not see it any more gets none.
func (r *Resolver) matterPayload(ctx context.Context, id uuid.UUID, bad []*model.UserError, err error) (*model.MatterPayload, error) {
	if err != nil || id == uuid.Nil || !asked(ctx, "matter") {
		return &model.MatterPayload{UserErrors: bad}, err
	}
	m, err := r.ent().Matter.Query().Where(matter.ID(id)).Only(ctx)
	return &model.MatterPayload{Matter: m, UserErrors: bad}, none(err)
}

// rested is matterPayload for who has the case at rest, and need not read it
// again; nil where he has not.
func (r *Resolver) rested(ctx context.Context, at *flow.Case, id uuid.UUID, bad []*model.UserError, err error) (*model.MatterPayload, error) {
	if at == nil || err != nil || len(bad) > 0 {
		return r.matterPayload(ctx, id, bad, err)
	}
	return &model.MatterPayload{Matter: at.Shown(authz.From(ctx)), UserErrors: bad}, nil
}

// none makes what is not there, or not to be seen, a null and no error.
func none(err error) error {
	if gen.IsNotFound(err) {
		return nil
	}
	return err
}

// opens carries out a mutation that opens a matter.
func (r *Resolver) opens(ctx context.Context, input any, open func(context.Context) (*flow.Case, error)) (*model.MatterPayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		c, err := open(ctx)
		if err != nil {
			return "", uuid.Nil, asInput(err)
		}
		return gen.TypeMatter, c.Matter.ID, nil
	})
	return r.matterPayload(ctx, id, bad, err)
}

// entity is what change must know of a stored type.
type entity[T any] struct {
	name string
	id   func(*T) uuid.UUID
	get  func(context.Context, *gen.Client, uuid.UUID) (*T, error)
}

// change carries out one call of a service that answers the changed row, and
// reads that row again as the viewer: one who may not see it gets none.
func change[In, T any](ctx context.Context, r *Resolver, input any, e entity[T], method func(context.Context, In) (*T, error), in In) (*T, []*model.UserError, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		row, err := method(ctx, in)
		if err != nil {
			return "", uuid.Nil, asInput(err)
		}
		return e.name, e.id(row), nil
	})
	id = cmp.Or(id, present(bad, input, e.name))
	if err != nil || id == uuid.Nil {
		return nil, bad, err
	}
	row, err := e.get(ctx, r.ent(), id)
	return row, bad, none(err)
}

// inputNames are the fields that the API calls otherwise than the services.
var inputNames = map[string]string{
	"membership": "membershipId", "unit": "unitId", "term": "termId", "parent": "parentId", "units": "unitIds", "heir": "heirId", "taker": "takerId",
	"matter": "matterId", "attachment": "attachmentId", "subjects": "subjectIds", "voters": "voterIds",
	"partnerName": "name", "partnerKey": "key",
}

// ofForm: what is wrong with the form of performAction lies in its field form.
func ofForm(err error) error { return errs.In(err, "form", "reason", "assignmentId", "matterId") }

// asInput gives an error's path the names of the API.
func asInput(err error) error {
	e, ok := errs.As(err)
	if !ok || len(e.Path) == 0 || inputNames[e.Path[0]] == "" {
		return err
	}
	named := *e
	named.Path = slices.Concat([]string{inputNames[e.Path[0]]}, e.Path[1:])
	return named.Because(err)
}
