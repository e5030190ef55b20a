// Package deploy holds what an operator needs; the program uses roles.sql
// itself for its private database.
package deploy

import _ "embed"

// Roles is the SQL that creates the two database roles.
//
//go:embed roles.sql
var Roles string
