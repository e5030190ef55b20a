package audit

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// names are what rows are called, as SQL over the row's id, which is $1: what
// an auditor reads where he would find an id. It is asked when a record is
// written, so a record keeps what its object was called then.
//
// A title is content as long as only those who are party to the matter see it,
// and while it may be secret: such a matter is called by its number, or not at
// all.
var names = map[string]string{
	"Matter":           `SELECT ` + matterName + ` FROM matters m WHERE m.id = $1`,
	"Assignment":       `SELECT concat_ws(' ', ` + matterName + `, u.name) FROM assignments a JOIN matters m ON m.id = a.matter_id JOIN units u ON u.id = a.unit_id WHERE a.id = $1`,
	"Attachment":       `SELECT ` + matterName + ` FROM attachments a JOIN matters m ON m.id = a.matter_id WHERE a.id = $1`,
	"Item":             `SELECT ` + matterName + ` FROM items i JOIN matters m ON m.id = i.matter_id WHERE i.id = $1`,
	"Membership":       `SELECT name FROM memberships WHERE id = $1`,
	"Account":          `SELECT coalesce((SELECT m.name FROM memberships m WHERE m.account_id = a.id LIMIT 1) || '（' || a.login || '）', a.login) FROM accounts a WHERE a.id = $1`,
	"Unit":             `SELECT name FROM units WHERE id = $1`,
	"Seat":             `SELECT concat_ws(' ', m.name, u.name) FROM seats s JOIN memberships m ON m.id = s.membership_id JOIN units u ON u.id = s.unit_id WHERE s.id = $1`,
	"Grant":            `SELECT concat_ws(' ', m.name, g.role) FROM grants g JOIN memberships m ON m.id = g.membership_id WHERE g.id = $1`,
	"Platform":         `SELECT brand FROM platforms WHERE id = $1`,
	"Process":          `SELECT title || ' 第' || version || '版' FROM processes WHERE id = $1`,
	"Agreement":        `SELECT partner_name FROM agreements WHERE id = $1`,
	"FigureDefinition": `SELECT definition->>'Label' || ' 第' || version || '版' FROM figure_definitions WHERE id = $1`,
	"Report":           `SELECT title FROM reports WHERE id = $1`,
	"Import":           `SELECT file_name FROM import_batches WHERE id = $1`,
	"Obligation":       `SELECT definition->>'label' || ' 第' || version || '版' FROM obligations WHERE id = $1`,
	"Tenant":           `SELECT name FROM tenants WHERE id = $1`,
}

const matterName = `concat_ws(' ', nullif(m.number, ''), CASE WHEN m.visibility <> 'PARTIES' AND NOT m.confidential THEN '《' || m.title || '》' END)`

// naming is a subquery for what an object, "Matter:<uuid>", is called, with the
// number of its argument; NULL where nobody knows.
func naming(object string, arg int) (sql string, id any) {
	entity, text, _ := strings.Cut(object, ":")
	parsed, err := uuid.Parse(text)
	if sql = names[entity]; sql == "" || err != nil {
		return fmt.Sprintf("(SELECT NULL::text WHERE $%d::uuid IS NULL)", arg), nil
	}
	return "(" + strings.ReplaceAll(sql, "$1", fmt.Sprintf("$%d", arg)) + ")", parsed
}
