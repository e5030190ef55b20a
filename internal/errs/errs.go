// Package errs is the product's vocabulary of errors: a few codes, a message
// in Chinese that says what to do, the path of the input field it is about,
// and typed details. Anything else that goes wrong is an internal error, whose
// text is logged and never shown.
package errs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// Code is what a frontend switches on.
type Code string

const (
	// Unauthenticated: no token, or one that is expired, revoked or forged.
	Unauthenticated Code = "UNAUTHENTICATED"
	// NotFound: does not exist, or must look as if it did not (not visible, another tenant's).
	NotFound Code = "NOT_FOUND"
	// NotAllowed: the caller sees the object but may not do this to it.
	NotAllowed Code = "NOT_ALLOWED"
	// NotAllowedInState: nobody may do this now. Details: state, allowedActions.
	NotAllowedInState Code = "NOT_ALLOWED_IN_STATE"
	// GuardFailed: a condition of the process is not met. Details: guard.
	GuardFailed Code = "GUARD_FAILED"
	// DeadlinePassed: it could have been done until a date that is over. Details: dueOn.
	DeadlinePassed Code = "DEADLINE_PASSED"
	// VersionConflict: somebody else changed the object. Details: currentVersion.
	VersionConflict Code = "VERSION_CONFLICT"
	// Invalid: the input itself is wrong.
	Invalid Code = "INVALID_INPUT"
	// Conflict: it collides with something that exists (duplicate name, key reused for other input).
	Conflict Code = "CONFLICT"
	// Limited: too many tries, too large, too many.
	Limited Code = "LIMIT_EXCEEDED"
	// Unavailable: a needed part is down; trying later helps.
	Unavailable Code = "UNAVAILABLE"
	// Internal is what every error of unknown kind is shown as.
	Internal Code = "INTERNAL"
)

// Error is an error that may be shown.
type Error struct {
	Code    Code
	Message string         // Chinese, says what to do
	Path    []string       // input field it is about, outermost first; may be empty
	Details map[string]any // values a frontend may use; never personal data
	More    []*Error       // what else is wrong with the same input, in its order
	cause   error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

func (e *Error) Unwrap() error { return e.cause }

// New makes an error of a code; the message may have format verbs.
func New(code Code, message string, args ...any) *Error {
	if len(args) > 0 {
		message = fmt.Sprintf(message, args...)
	}
	return &Error{Code: code, Message: message}
}

// At names the input field, outermost first.
func (e *Error) At(path ...string) *Error { e.Path = path; return e }

// With adds a detail.
func (e *Error) With(key string, value any) *Error {
	if e.Details == nil {
		e.Details = map[string]any{}
	}
	e.Details[key] = value
	return e
}

// Because keeps the cause for the log; it is never shown.
func (e *Error) Because(cause error) *Error { e.cause = cause; return e }

// ID reads an id. Whoever sends one that is none has made a mistake of his input,
// the same at every door; that an id is nobody's is NotFound.
func ID(s string, path ...string) (uuid.UUID, error) {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != len(id.String()) {
		return uuid.Nil, New(Invalid, "不是有效的编号，请用查询得到的编号").At(path...)
	}
	return id, nil
}

// All is one error of several that are wrong with one input: the first, and the
// others with it; nil when there are none.
func All(faults []*Error) error {
	if len(faults) == 0 {
		return nil
	}
	first := *faults[0]
	first.More = append(slices.Clone(first.More), faults[1:]...)
	return &first
}

// Each lists the error and what else is wrong.
func (e *Error) Each() []*Error { return append([]*Error{e}, e.More...) }

// Within puts the paths of the error, and of what else is wrong, into a field of
// an input that holds them all.
func (e *Error) Within(field string) *Error {
	for _, x := range e.Each() {
		x.Path = append([]string{field}, x.Path...)
	}
	return e
}

// In puts the paths of a shown error, and of what else is wrong, into a field of
// an input around it, such as the one that holds a form; but those that begin
// with a field of that input's own, and those that say no place. Any other error
// stays as it is. The error itself is not touched: it may be another's, too.
func In(err error, field string, own ...string) error {
	e, ok := As(err)
	if !ok {
		return err
	}
	var all []*Error
	for _, x := range e.Each() {
		y := *x
		if y.More = nil; len(y.Path) > 0 && !slices.Contains(own, y.Path[0]) {
			y.Path = slices.Concat([]string{field}, y.Path)
		}
		all = append(all, &y)
	}
	all[0].cause = err
	return All(all)
}

// Unchanged compares the version that the caller saw with the present one; nil
// does not compare.
func Unchanged(expected *int, got int) error {
	if expected != nil && *expected != got {
		return New(VersionConflict, "内容已被他人修改，请刷新后再操作").With("currentVersion", got)
	}
	return nil
}

// As finds the shown error in a chain; ok is false for internal ones.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Shown is what an error is shown as: the shown error in its chain; of one that
// came because time was up or nobody waits any more, that; of any other nothing
// but that it happened.
func Shown(err error) *Error {
	switch e, ok := As(err); {
	case ok:
		return e
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return New(Unavailable, "请求超时或已取消，请重试").Because(err)
	}
	return New(Internal, "系统内部错误，请稍后再试；如再次出现，请把请求编号告诉管理员").Because(err)
}

// Is reports whether the chain holds a shown error of that code.
func Is(err error, code Code) bool {
	e, ok := As(err)
	return ok && e.Code == code
}

// Wrap adds the call and its arguments to *err, once a function:
//
//	defer errs.Wrap(&err, "File(%s)", id)
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}
