package process

import (
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// ofCodes are the items whose values are codes, numbers or yes and no: in them a
// full-width character is a slip of the input method. Elsewhere it may be meant.
var ofCodes = map[string]bool{
	"kind": true, "version": true, "initial": true, "code": true, "turn": true, "timers": true, "end": true, "step": true, "visible": true,
	"from": true, "to": true, "may": true, "by": true, "as": true, "guards": true, "effects": true, "reason": true, "automatic": true, "audience": true,
	"deadline": true, "within": true, "amount": true, "unit": true, "notify": true, "escalate": true, "choose": true, "base": true, "rungs": true,
	"once": true, "quiet": true, "column": true, "expires": true,
}

// spelling refuses, with its line and place in it, what the eye does not see or
// takes for something else.
func spelling(root *yaml.Node, source []byte) error {
	return speller(strings.Split(string(source), "\n")).visit(root, "", false)
}

// speller is the lines of the text.
type speller []string

// visit: key is the item that the node is the value of; free, that it is no
// part of the definition's own words, such as a form.
func (s speller) visit(n *yaml.Node, key string, free bool) error {
	switch n.Kind {
	case yaml.ScalarNode:
		return s.word(n, ofCodes[key] && !free)
	case yaml.SequenceNode:
		for _, x := range n.Content {
			if err := s.visit(x, key, free); err != nil {
				return err
			}
		}
	case yaml.MappingNode:
		rule := key == "guards" || key == "effects" || key == "as" // a rule's name, then its arguments
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			if err := s.word(k, !free); err != nil {
				return err
			}
			if err := s.visit(v, k.Value, free || rule || key == "turns" || k.Value == "form"); err != nil {
				return err
			}
		}
	}
	return nil // an alias stands where it was written
}

// word looks at what was written, a code or any other text.
func (s speller) word(n *yaml.Node, code bool) error {
	for _, r := range n.Value {
		switch {
		case text.Invisible(r) && (code || !unicode.In(r, unicode.Join_Control, unicode.Variation_Selector)): // emoji are written with those
			return s.at(n, r, "有看不见的字符 "+text.Name(r)+"，请删除")
		case code && half(r) != 0:
			return s.at(n, r, wide(r))
		}
	}
	return nil
}

// wide says what a full-width character should be.
func wide(r rune) string {
	if half(r) == ' ' {
		return "不是普通的空格，是 " + text.Name(r) + "，请改成半角空格"
	}
	return "“" + string(r) + "”是全角字符，请改成半角的“" + string(half(r)) + "”"
}

// half is the half-width character that was meant, 0 where there is none.
func half(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == '“' || r == '”':
		return '"'
	case r == '‘' || r == '’':
		return '\''
	case r == '、':
		return ','
	case r == '。':
		return '.'
	case r == '【':
		return '['
	case r == '】':
		return ']'
	case r > unicode.MaxASCII && unicode.IsSpace(r):
		return ' '
	}
	return 0
}

// at is a refusal at the first place from the node on where the character
// stands.
func (s speller) at(n *yaml.Node, r rune, problem string) error {
	for line, from := n.Line, n.Column; line >= 1 && line <= len(s); line, from = line+1, 1 {
		for i, x := range []rune(s[line-1]) {
			if x == r && i+1 >= from {
				return placed(line, i+1, problem)
			}
		}
	}
	return at(n.Line, errs.Invalid, "%s", problem)
}

func placed(line, column int, problem string) error {
	e := at(line, errs.Invalid, "第 %d 个字%s", column, problem)
	return e.With("column", column)
}

// slip looks in a text that is no YAML for the full-width character that made
// it none: in the line that could not be read, or shortly before it. A character
// between Chinese ones may be meant.
func slip(source []byte, line int) error {
	lines := strings.Split(string(source), "\n")
	for at := min(line, len(lines)); at >= 1 && at > line-3; at-- {
		written := []rune(lines[at-1])
		for i, r := range written {
			if r == '#' && (i == 0 || unicode.IsSpace(written[i-1])) {
				break
			}
			if text.Invisible(r) {
				return placed(at, i+1, "是看不见的字符 "+text.Name(r)+"，请删除")
			}
			if half(r) != 0 && (plainBeside(written, i, -1) || plainBeside(written, i, 1)) {
				return placed(at, i+1, wide(r))
			}
		}
	}
	return nil
}

// plainBeside reports whether the next character that is no space, on one side,
// is one of the ASCII ones of which codes and YAML's signs are made.
func plainBeside(written []rune, i, step int) bool {
	for i += step; i >= 0 && i < len(written); i += step {
		if !unicode.IsSpace(written[i]) {
			return written[i] <= unicode.MaxASCII
		}
	}
	return step < 0 // it begins the line
}
