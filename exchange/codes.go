package exchange

import (
	"errors"
	"fmt"

	"github.com/bihuan/bihuan/internal/errs"
)

// Code says why an envelope waits, was refused or is dead.
type Code string

// The envelope waits; nothing has to be done about it here.
const (
	Suspended   Code = "SUSPENDED"    // one of the two has suspended the agreement
	NoAgreement Code = "NO_AGREEMENT" // the receiver has not made its half, or is not there
	Withheld    Code = "WITHHELD"     // the sender's agreement no longer lets this kind out
	OutOfOrder  Code = "OUT_OF_ORDER" // its predecessor is not there yet
	Failed      Code = "FAILED"       // the handler failed; tried again, and dead in the end
)

// The receiver took it in and refused it for good.
const (
	NotReceived   Code = "NOT_RECEIVED"   // the receiver's agreement does not take this kind
	UnknownKind   Code = "UNKNOWN_KIND"   // no handler
	NewerSchema   Code = "NEWER_SCHEMA"   // the receiver's program is older than the sender's
	Closed        Code = "CLOSED"         // the matter it is about is closed
	UnknownObject Code = "UNKNOWN_OBJECT" // it is about something that never crossed
	Malformed     Code = "MALFORMED"      // the body is not what its kind demands
	NotAccepted   Code = "NOT_ACCEPTED"   // any other reason of the handler
	Elsewhere     Code = "ELSEWHERE"      // the receiver is in another installation; it was written again for that
)

// The receiver does not believe it, and took nothing in.
const (
	WrongReceiver Code = "WRONG_RECEIVER"
	Tampered      Code = "TAMPERED"
	BadSignature  Code = "BAD_SIGNATURE"
	ChainBroken   Code = "CHAIN_BROKEN"
)

// Refusal is a handler's no that trying again does not change.
type Refusal struct {
	Code    Code
	Message string // Chinese; the sender's staff reads it
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s", r.Code, r.Message) }

// Refuse makes a refusal; the message may have format verbs.
func Refuse(code Code, message string, args ...any) *Refusal {
	if len(args) > 0 {
		message = fmt.Sprintf(message, args...)
	}
	return &Refusal{code, message}
}

// refusal reads a handler's error: what the vocabulary of errors calls a
// matter of the input or of the state is a refusal; what may be otherwise the
// next time is none.
func refusal(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	e, ok := errs.As(err)
	if !ok {
		return nil
	}
	switch e.Code {
	case errs.Invalid, errs.Limited:
		return Refuse(Malformed, "%s", e.Message)
	case errs.NotFound:
		return Refuse(UnknownObject, "%s", e.Message)
	case errs.NotAllowed, errs.NotAllowedInState, errs.GuardFailed, errs.DeadlinePassed, errs.Conflict:
		return Refuse(NotAccepted, "%s", e.Message)
	}
	return nil // among them VersionConflict and Unavailable
}
