package tenants

import (
	stdsql "database/sql"
	"encoding/binary"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// pgx reads and writes google's UUIDs and database/sql's nullable values by
// way of texts and interfaces: six allocations and more a value, thousands for
// a page. The codecs here do the same directly for the types that ent uses, and
// leave the rest to pgx.

// register makes a connection use them.
func register(m *pgtype.Map) {
	ids := &pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: idCodec{}}
	m.RegisterType(ids)
	m.RegisterType(&pgtype.Type{Name: "_uuid", OID: pgtype.UUIDArrayOID, Codec: &pgtype.ArrayCodec{ElementType: ids}})
	m.RegisterType(&pgtype.Type{Name: "text", OID: pgtype.TextOID, Codec: textCodec{}})
	m.RegisterType(&pgtype.Type{Name: "varchar", OID: pgtype.VarcharOID, Codec: textCodec{}})
	m.RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &timeCodec{}})
}

// wrong is what a value gets whose length is not its type's.
func wrong(typ string, src []byte) error {
	return fmt.Errorf("tenants: %d bytes for %s", len(src), typ)
}

type idCodec struct{ pgtype.UUIDCodec }

func (c idCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(uuid.UUID); ok && format == pgtype.BinaryFormatCode {
		return encodeID{}
	}
	return c.UUIDCodec.PlanEncode(m, oid, format, value)
}

type encodeID struct{}

func (encodeID) Encode(value any, buf []byte) ([]byte, error) {
	id := value.(uuid.UUID)
	return append(buf, id[:]...), nil
}

func (c idCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if format == pgtype.BinaryFormatCode {
		switch target.(type) {
		case *uuid.UUID:
			return scanID{}
		case *entsql.NullScanner:
			return scanNullID{}
		}
	}
	return c.UUIDCodec.PlanScan(m, oid, format, target)
}

type scanID struct{}

// Scan keeps NULL a nil UUID, as uuid.UUID.Scan does.
func (scanID) Scan(src []byte, dst any) error { return setID(dst.(*uuid.UUID), src) }

func setID(id *uuid.UUID, src []byte) error {
	if src == nil {
		*id = uuid.Nil
		return nil
	}
	if len(src) != len(id) {
		return wrong("uuid", src)
	}
	copy(id[:], src)
	return nil
}

type scanNullID struct{}

func (scanNullID) Scan(src []byte, dst any) error {
	n := dst.(*entsql.NullScanner)
	id, ok := n.S.(*uuid.UUID)
	switch {
	case src == nil:
		n.Valid = false
		return nil
	case ok:
		n.Valid = true
		return setID(id, src)
	case len(src) != 16:
		return wrong("uuid", src)
	}
	return n.Scan(uuid.UUID(src).String())
}

type textCodec struct{ pgtype.TextCodec }

func (c textCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*stdsql.NullString); ok {
		return scanText{}
	}
	return c.TextCodec.PlanScan(m, oid, format, target)
}

type scanText struct{}

func (scanText) Scan(src []byte, dst any) error {
	*dst.(*stdsql.NullString) = stdsql.NullString{String: string(src), Valid: src != nil}
	return nil
}

type timeCodec struct{ pgtype.TimestamptzCodec }

func (c *timeCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*stdsql.NullTime); ok && format == pgtype.BinaryFormatCode {
		return scanTime{}
	}
	return c.TimestamptzCodec.PlanScan(m, oid, format, target)
}

type scanTime struct{}

// y2k is what PostgreSQL counts its microseconds from.
const y2k = 946_684_800 * 1_000_000

func (scanTime) Scan(src []byte, dst any) error {
	n := dst.(*stdsql.NullTime)
	if *n = (stdsql.NullTime{}); src == nil {
		return nil
	}
	if len(src) != 8 {
		return wrong("timestamptz", src)
	}
	us := int64(binary.BigEndian.Uint64(src))
	if us == 1<<63-1 || us == -1<<63 {
		return fmt.Errorf("tenants: infinity is no time")
	}
	*n = stdsql.NullTime{Time: time.UnixMicro(us + y2k), Valid: true}
	return nil
}
