package smoke

import (
	"fmt"
	"slices"
	"strings"
)

// badSchema is what introspection tells about inputs.
type badSchema struct {
	mutations []badField // those with an input, but for sessions
	inputs    map[string][]badField
	enums     map[string]string // the first value
}

type badField struct {
	name     string
	typ      string // the named type
	required bool
	list     bool
}

// schemaOf asks for the schema as any developer may.
func schemaOf(who *person) *badSchema {
	const of = `kind name ofType { kind name ofType { kind name ofType { kind name } } }`
	data := who.ask(`{ __schema { mutationType { fields { name args { name type { `+of+` } } } }
		types { kind name inputFields { name type { `+of+` } } enumValues { name } } } }`, nil)
	s := &badSchema{inputs: map[string][]badField{}, enums: map[string]string{}}
	for _, t := range dig(data, "__schema", "types").([]any) {
		s.enums[str(t, "name")] = str(t, "enumValues", 0, "name")
		fields, _ := dig(t, "inputFields").([]any)
		for _, f := range fields {
			s.inputs[str(t, "name")] = append(s.inputs[str(t, "name")], fieldOf(f))
		}
	}
	for _, f := range dig(data, "__schema", "mutationType", "fields").([]any) {
		arg := dig(f, "args", 0)
		if arg == nil || slices.Contains([]string{"signIn", "chooseTenant", "refreshTokens", "signInWithProvider", "signOut", "changePassword", "activateAccount", "acceptInvitation", "declineInvitation", "claimInvitation"}, str(f, "name")) {
			continue
		}
		s.mutations = append(s.mutations, badField{name: str(f, "name"), typ: fieldOf(arg).typ})
	}
	return s
}

func fieldOf(f any) badField {
	out := badField{name: str(f, "name")}
	typ := dig(f, "type")
	out.required = str(typ, "kind") == "NON_NULL"
	for ; dig(typ, "ofType") != nil; typ = dig(typ, "ofType") {
		out.list = out.list || str(typ, "kind") == "LIST"
	}
	out.typ = str(typ, "name")
	return out
}

// filling says what the generated inputs hold.
type filling struct {
	text string
	id   func(kind string) string
}

// fill makes an input of a type with every field but the two that would decide
// alone.
func (s *badSchema) fill(typ string, f filling) m {
	in := m{}
	for _, field := range s.inputs[typ] {
		var v any
		switch field.typ {
		case "ID":
			v = f.id(kindOf(typ, field.name))
		case "String":
			v = f.text
		case "Float":
			v = 1.5
		case "Int":
			v = 2031
		case "Boolean":
			v = true
		case "Date":
			v = "2024-03-15"
		case "Time":
			v = "2024-03-15T12:00:00+08:00"
		case "JSON":
			v = m{f.text: f.text, "list": []string{f.text}}
		default:
			if v = any(s.enums[field.typ]); v == "" {
				v = s.fill(field.typ, f)
			}
		}
		if field.list {
			v = []any{v}
		}
		in[field.name] = v
	}
	delete(in, "expectedVersion")
	delete(in, "idempotencyKey")
	return in
}

// kindOf is what an id in an input is of.
func kindOf(typ, field string) string {
	for part, kind := range map[string]string{"matter": "matter", "absorbed": "matter", "assignment": "assignment", "unit": "unit", "Unit": "unit", "membership": "membership",
		"onBehalf": "membership", "sitting": "sitting", "term": "term", "seat": "seat", "grant": "grant", "feedback": "feedback", "party": "party", "item": "item", "record": "record"} {
		if strings.Contains(field, part) {
			return kind
		}
	}
	if strings.Contains(typ, "Unit") { // intoId, parentId
		return "unit"
	}
	return "matter"
}

func (s *badSchema) has(mutation badField, name string) bool {
	return slices.ContainsFunc(s.inputs[mutation.typ], func(f badField) bool { return f.name == name })
}

// sender is who would have the right to a mutation.
func (s *badSchema) sender(mutation badField) string {
	switch {
	case s.has(mutation, "assignmentId"):
		return "商务局领导"
	case s.has(mutation, "matterId") || s.has(mutation, "absorbedIds") || mutation.name == "publishCaseList":
		return "主任"
	}
	return "管理员"
}

// subject is the field that names what a mutation is about; empty where it
// makes something new.
func (s *badSchema) subject(mutation badField) string {
	for _, name := range []string{"matterId", "assignmentId", "intoId", "sittingId", "membershipId", "unitId", "seatId", "grantId", "termId"} {
		if slices.ContainsFunc(s.inputs[mutation.typ], func(f badField) bool { return f.name == name && f.required }) {
			return name
		}
	}
	return ""
}

// refusals are the codes of a request that is understood and refused.
var refusals = []string{noSuch, "NOT_ALLOWED", "NOT_ALLOWED_IN_STATE", "GUARD_FAILED", "DEADLINE_PASSED", "VERSION_CONFLICT", wrongInput, "CONFLICT"}

// badWalk goes through every mutation of the schema.
func badWalk(w *badWorld) []group {
	var sql, foreign, stale, ids, none, keyed []bad
	nothing := func(string) string { return someID }
	theirs := func(kind string) string { return w.foreign[kind] }
	ours := func(kind string) string { return w.own[kind] }
	for _, x := range w.schema.mutations {
		who, subject := w.schema.sender(x), w.schema.subject(x)
		if subject == "" {
			who = "文旅局承办人" // has no right to make any of it
		}
		for _, text := range injections {
			in := w.schema.fill(x.typ, filling{mark + text, nothing})
			sql = append(sql, change(x.name+" with "+text, who, x.name, in, refusals...))
			if !w.schema.has(x, "idempotencyKey") { // a ballot is claimed and cast without
				continue
			}
			in = w.schema.fill(x.typ, filling{"说明", nothing})
			in["idempotencyKey"] = mark + text
			keyed = append(keyed, change(x.name+" with the key "+text, who, x.name, in, refusals...))
		}
		for _, text := range []string{strings.Repeat("长", 10_000), "\x00", "\u202e", "%s%n%x", "ＳＥＬＥＣＴ １"} {
			sql = append(sql, change(fmt.Sprintf("%s with %.9q", x.name, text), who, x.name, w.schema.fill(x.typ, filling{mark + text, nothing}), refusals...))
		}
		none = append(none, gql(x.name+" without input", who, fmt.Sprintf("mutation { %s { userErrors { code } } }", x.name), nil, notValid),
			change(x.name+" of null", who, x.name, nil, notValid))
		if x.name != "markAllNoticesRead" && x.name != "setPhonePreferences" { // of nothing in particular: all of one's own, and nothing else than it is
			none = append(none, change(x.name+" of nothing", who, x.name, m{}, notValid, wrongInput))
		}
		if subject == "" {
			continue
		}
		codes := foreignCodes(subject)
		if x.name == "openBallot" || x.name == "draftTask" || x.name == "grantCase" { // what is asked is read before it is asked of whom
			codes = append(slices.Clone(codes), wrongInput)
		}
		foreign = append(foreign, change(x.name+" of another district", who, x.name, w.schema.fill(x.typ, filling{"说明", theirs}), codes...))
		in := w.schema.fill(x.typ, filling{"说明", theirs})
		in["expectedVersion"] = 1
		if slices.ContainsFunc(w.schema.inputs[x.typ], func(f badField) bool { return f.name == "expectedVersion" }) {
			foreign = append(foreign, change(x.name+" of another district with its version", who, x.name, in, foreignCodes(subject)...))
			for _, version := range []int{0, -1, 99_999, 2147483647} {
				in := w.schema.fill(x.typ, filling{"说明", ours})
				in["expectedVersion"] = version
				stale = append(stale, change(fmt.Sprintf("%s of version %d", x.name, version), who, x.name, in, refusals...))
			}
		}
		in = w.schema.fill(x.typ, filling{"说明", nothing})
		in[subject] = mark + injections[3]
		ids = append(ids, change(x.name+" of no id", who, x.name, in, notValid, wrongInput),
			change(x.name+" by a stranger", "", x.name, w.schema.fill(x.typ, filling{mark, ours}), nobody))
	}
	return []group{{name: "SQL in every text", cases: sql}, {name: "SQL as key", cases: keyed}, {name: "ids of another district", cases: foreign},
		{name: "versions that are not the present one", cases: stale}, {name: "mutations of no id or nobody", cases: ids}, {name: "mutations without input", cases: none}}
}

// foreignCodes: a case of another district does not exist, whoever asks for
// whatever. The roster may find fault with the rest first.
func foreignCodes(subject string) []string {
	if subject == "matterId" || subject == "assignmentId" {
		return []string{noSuch}
	}
	return []string{noSuch, wrongInput, "NOT_ALLOWED", "GUARD_FAILED"}
}
