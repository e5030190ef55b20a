package vocab

import "github.com/bihuan/bihuan/flow"

// When asks an expression as the guard does.
func When(in *flow.Input, cel, otherwise string) error {
	return when(in, whenArgs{compile(cel), otherwise})
}
