package figures

import "fmt"

// NoBase is what a rate of nothing says.
const NoBase = "无基数"

// Number is a count, or a share of one.
type Number struct {
	Numerator   int
	Denominator int // 0 for a count
	Rate        bool
}

// Text prints the number: a rate half up to one decimal, and 100.0 only where
// all are counted.
func (n Number) Text() string {
	if !n.Rate {
		return fmt.Sprint(n.Numerator)
	}
	if n.Denominator == 0 {
		return NoBase
	}
	t := n.Tenths()
	return fmt.Sprintf("%d.%d%%", t/10, t%10)
}

// Tenths are the tenths of a per cent, meant for a rate that has a base.
func (n Number) Tenths() int {
	t := (n.Numerator*2000 + n.Denominator) / (2 * n.Denominator)
	if t >= 1000 && n.Numerator < n.Denominator {
		return 999
	}
	return t
}

// Value is a figure with its number.
type Value struct {
	*Definition
	Number
	Scope Scope
	Split string
	Parts []Part // of a split, the largest first
}

// Part is the number of one part of a split.
type Part struct {
	Key   string // the word, or the id of a unit; empty for the rest
	Label string
	Number
}
