package audit

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// open are the texts that an auditor reads: names, codes and settings by which
// rights and responsibility are told. All others, and all that will ever be
// added, are content: he reads that they were changed, and how long they are
// (S14).
var open = map[field]bool{
	{"Membership", "name"}: true, {"Membership", "post"}: true, {"Membership", "member_no"}: true,
	{"Unit", "name"}: true, {"Unit", "short_name"}: true, {"Unit", "doc_word"}: true, {"Unit", "brand"}: true, {"Unit", "category"}: true, {"Unit", "level"}: true,
	{"Grant", "role"}: true, {"Grant", "reason"}: true, {"Seat", "certificate_no"}: true, {"Seat", "initiator"}: true,
	{"Matter", "kind"}: true, {"Matter", "state"}: true, {"Matter", "turn"}: true, {"Matter", "number"}: true, {"Matter", "number_key"}: true, {"Matter", "source"}: true,
	{"Proposal", "registration_no"}: true, {"Proposal", "not_filed_no"}: true, {"Proposal", "disposition"}: true,
	{"Assignment", "state"}: true, {"Assignment", "turn"}: true, {"Assignment", "slip_no"}: true,
	{"Step", "action"}: true, {"Step", "label"}: true, {"Step", "from_state"}: true, {"Step", "to_state"}: true, {"Step", "actor_name"}: true,
	{"Timer", "key"}: true, {"Timer", "label"}: true,
	{"Process", "kind"}: true, {"Process", "title"}: true, {"Process", "hash"}: true, {"Process", "origin"}: true,
	{"Platform", "code"}: true, {"Platform", "brand"}: true, {"Platform", "type"}: true, {"Platform", "process_kind"}: true,
	{"TenantPolicy", "settings"}: true, {"TenantPolicy", "note"}: true, {"TenantPolicy", "approved_by"}: true,
	{"Workday", "note"}: true, {"Agreement", "partner"}: true, {"Agreement", "partner_name"}: true, {"Agreement", "partner_key"}: true, {"Agreement", "reason"}: true,
	{"Attachment", "content_type"}: true, {"Attachment", "sha256"}: true,
	{"Account", "event"}: true, {"Account", "login"}: true,
	{"Item", "receipt_no"}: true, {"Link", "reason"}: true,
}

var (
	code    = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,40}$`) // a value of an enum
	instant = regexp.MustCompile(`^\d{4}-\d\d-\d\d([T ][0-9:.+Z-]+)?$`)
)

// Shown is the record as an auditor reads it: contents are withheld. The stored
// record, which the chain proves, is untouched.
func (e Entry) Shown() Entry {
	out := make([]Change, len(e.Changes))
	for i, c := range e.Changes {
		c.Before, c.After = shownMap(c.Entity, c.Before), shownMap(c.Entity, c.After)
		out[i] = c
	}
	e.Changes = out
	return e
}

func shownMap(entity string, m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	out := make(map[string]any, len(m))
	for name, v := range m {
		if open[field{entity, name}] {
			out[name] = v
		} else {
			out[name] = shownValue(v)
		}
	}
	return out
}

// shownValue keeps what is no text of anybody's: numbers, truth values, days,
// ids and codes.
func shownValue(v any) any {
	switch x := v.(type) {
	case string:
		if _, err := uuid.Parse(x); err == nil || x == "" || x == Withheld || code.MatchString(x) || instant.MatchString(x) {
			return x
		}
		return fmt.Sprintf("（内容不显示，%d 字）", utf8.RuneCountInString(x))
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = shownValue(x[i])
		}
		return out
	case map[string]any:
		if n, long := x["length"]; long && x["sha256"] != nil {
			return fmt.Sprintf("（内容不显示，%v 字）", n)
		}
		out := make(map[string]any, len(x))
		for k := range x {
			if strings.ContainsFunc(k, func(r rune) bool { return r > 0x7f }) { // a key that somebody chose
				return fmt.Sprintf("（内容不显示，%d 项）", len(x))
			}
			out[k] = shownValue(x[k])
		}
		return out
	}
	return v
}
