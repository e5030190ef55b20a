package phone

// SetStep calls fn between any two parts of a delivery; nil: nothing.
func (s *Service) SetStep(fn func(string)) {
	if fn == nil {
		fn = func(string) {}
	}
	s.step = fn
}

// For tests that wait for what these bound.
const (
	MaxAttempts = maxAttempts
	Lease       = lease
	CodeTries   = codeTries
	CodesThere  = codesThere
)
