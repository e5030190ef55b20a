package compiled

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// writer writes a value as PostgreSQL sends it, nil for NULL, as the general way
// writes what ent reads of it.
type writer func(b, wire []byte) ([]byte, error)

var errWire = errors.New("compiled: a value is not as long as its type")

// writer is that of a field's type, nil where there is none.
func (c *compiler) writer(t *ast.Type, nillable bool) writer {
	if t.Elem != nil {
		if t.Elem.Elem == nil && t.Elem.NamedType == "String" && t.Elem.NonNull {
			return texts(t.NonNull)
		}
		return nil
	}
	w, zero := writer(nil), `""`
	switch t.NamedType {
	case "ID":
		w, zero = id, "null"
	case "String":
		w = text
	case "Int":
		w, zero = number, "0"
	case "Boolean":
		w, zero = truth, "false"
	case "Time":
		w, zero = instant, "null"
	case "Date":
		w, zero = date, `"0001-01-01"`
	default:
		if def := c.schema.Types[t.NamedType]; def == nil || def.Kind != ast.Enum {
			return nil
		}
		w = text
	}
	if nillable {
		zero = "null"
	}
	return func(b, wire []byte) ([]byte, error) {
		if wire == nil {
			return append(b, zero...), nil
		}
		return w(b, wire)
	}
}

const digits = "0123456789abcdef"

func id(b, wire []byte) ([]byte, error) {
	if len(wire) != 16 {
		return b, errWire
	}
	b = append(b, '"')
	for i, c := range wire {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, digits[c>>4], digits[c&15])
	}
	return append(b, '"'), nil
}

func text(b, wire []byte) ([]byte, error) { return quoted(b, wire), nil }

// quoted escapes as gqlgen does.
func quoted[T []byte | string](b []byte, s T) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}

func whole64(wire []byte) (int64, error) {
	switch len(wire) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(wire))), nil
	case 4:
		return int64(int32(binary.BigEndian.Uint32(wire))), nil
	case 8:
		return int64(binary.BigEndian.Uint64(wire)), nil
	}
	return 0, errWire
}

func number(b, wire []byte) ([]byte, error) {
	n, err := whole64(wire)
	return strconv.AppendInt(b, n, 10), err
}

func truth(b, wire []byte) ([]byte, error) {
	if len(wire) != 1 {
		return b, errWire
	}
	return strconv.AppendBool(b, wire[0] != 0), nil
}

// y2k is what PostgreSQL counts its microseconds and days from, in seconds.
const y2k = 946_684_800

func instant(b, wire []byte) ([]byte, error) {
	if len(wire) != 8 {
		return b, errWire
	}
	n, err := whole64(wire)
	b = append(b, '"')
	b = time.UnixMicro(n+y2k*1_000_000).AppendFormat(b, time.RFC3339Nano)
	return append(b, '"'), err
}

func date(b, wire []byte) ([]byte, error) {
	if len(wire) != 4 {
		return b, errWire
	}
	n, err := whole64(wire)
	b = append(b, '"')
	b = time.Unix(y2k+86_400*n, 0).UTC().AppendFormat(b, time.DateOnly)
	return append(b, '"'), err
}

// texts are a list kept as JSON.
func texts(required bool) writer {
	return func(b, wire []byte) ([]byte, error) {
		var list []string
		if wire != nil {
			if err := json.Unmarshal(wire, &list); err != nil {
				return b, err
			}
		}
		if list == nil && !required {
			return append(b, "null"...), nil
		}
		b = append(b, '[')
		for i, s := range list {
			if i > 0 {
				b = append(b, ',')
			}
			b = quoted(b, s)
		}
		return append(b, ']'), nil
	}
}
