// Package compiled answers what a query selects of the stored entities in few
// statements, and writes the JSON while their rows come in: nothing is made into
// an entity, resolved field by field and marshalled again (docs/adr/0065).
//
// A selection is compiled once for a document into a program (program.go): which
// columns are asked for, which edges lead to one row (they are joined) and which
// to many (of a page a statement each, all of one depth in one round trip; of one
// row a column, an array of records), and what is written around the values. The rows to begin with are those of the query that
// a resolver made, with its filter, order and page (package stored); what the
// viewer may see of all others is what ent's own interceptors say of their
// entities, so that a rule of authz or tenants is written nowhere twice.
//
// What is no stored field, such as availableActions or a masked name, goes the
// general way, field by field, within the same answer. Where something does not
// fit at all (Compiled says no), the whole field goes the general way, which is
// right for everything; the two give the same bytes (reads_test.go).
package compiled
