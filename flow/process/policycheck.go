package process

import (
	"maps"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

// Plausible is what a new version must keep to beyond what can be read: no
// deadline that has passed before it begins, and no key that nobody asks for.
// named reports whether a process of the committee names a key of its own, or
// what a label renames. Versions that were made before stay as they are (R22, M9).
func (p Policy) Plausible(named func(string) bool) error {
	shipped := DefaultPolicy()
	for _, key := range slices.Sorted(maps.Keys(p.Deadlines)) {
		standard, known := shipped.Deadlines[key]
		least := 1
		if known && standard.Amount == 0 { // the day itself is the deadline
			least = 0
		}
		switch {
		case !known && !named(key):
			return unknownKey("deadlines", "期限", key, maps.Keys(shipped.Deadlines))
		case p.Deadlines[key].Amount < least:
			return errs.New(errs.Invalid, "期限“%s”至少为 %d，现在填的是 %d", Clip(key), least, p.Deadlines[key].Amount).At("deadlines", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.Numbers)) {
		if _, known := shipped.Numbers[key]; !known && !named(key) {
			return unknownKey("numbers", "编号", key, maps.Keys(shipped.Numbers))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.Checklists)) {
		if _, known := shipped.Checklists[key]; !known && !named(key) {
			return unknownKey("checklists", "清单", key, maps.Keys(shipped.Checklists))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.Labels)) {
		if err := labelled(key, named); err != nil {
			return err
		}
	}
	return nil
}

func unknownKey(setting, what, key string, known func(func(string) bool)) error {
	return errs.New(errs.Invalid, "没有%s“%s”，也没有流程用到它；可以填的有：%s", what, Clip(key), strings.Join(slices.Sorted(known), "、")).At(setting, key)
}

// labelled: what a label renames is there: the state of a process, or a kind of
// unit. Stages are the committee's own words.
func labelled(key string, named func(string) bool) error {
	of, what, _ := strings.Cut(key, ".")
	switch {
	case of == "stage" || named(key):
		return nil
	case of == "unit":
		return errs.New(errs.Invalid, "用语“%s”：没有这种单位类别", Clip(key)).At("labels", key)
	}
	return errs.New(errs.Invalid, "用语“%s”：没有流程“%s”，或它没有环节“%s”", Clip(key), Clip(of), Clip(what)).At("labels", key)
}
