package flow

import "fmt"

// Port is something outside the engine that effects of a noun work with, such
// as the exchange. Rules name it, so that they can be registered and checked
// where it does not exist; who assembles the product gives it.
type Port[T any] struct{ Name string }

// Give hands the engine what a port stands for; called at start only.
func (p *Port[T]) Give(e *Engine, t T) { e.given[p] = t }

// Of is what was given to the run's engine.
func (p *Port[T]) Of(r *Run) (T, error) {
	t, ok := r.Engine.given[p].(T)
	if !ok {
		return t, fmt.Errorf("flow: the engine was not given the %s", p.Name)
	}
	return t, nil
}
