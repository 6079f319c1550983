package errs

import (
	"fmt"
	"maps"
)

// Builder makes an *Error step by step.
type Builder struct {
	err     Error
	codeSet bool
}

// B returns a new Builder.
func B() *Builder { return &Builder{} }

// Code sets the code. Without it the error has the code of its cause, or Unknown.
func (b *Builder) Code(c ErrCode) *Builder {
	b.err.Code, b.codeSet = c, true
	return b
}

// Msg sets the message.
func (b *Builder) Msg(msg string) *Builder {
	b.err.Message = msg
	return b
}

// Msgf sets the message, formatted as by fmt.Sprintf.
func (b *Builder) Msgf(format string, args ...any) *Builder {
	b.err.Message = fmt.Sprintf(format, args...)
	return b
}

// Meta adds metadata: keys (strings) and values in turn; a last key without a value is dropped.
func (b *Builder) Meta(metaPairs ...any) *Builder {
	b.err.Meta = mergePairs(b.err.Meta, metaPairs)
	return b
}

// Details sets the details. Without it the error has those of its cause.
func (b *Builder) Details(det ErrDetails) *Builder {
	b.err.Details = det
	return b
}

// Cause sets the wrapped error.
func (b *Builder) Cause(err error) *Builder {
	b.err.underlying = err
	return b
}

// Err returns the error; it is never nil. Metadata of the cause is kept where no step set the same key.
func (b *Builder) Err() error {
	e := b.err
	if !b.codeSet {
		e.Code = Unknown
		if e.underlying != nil {
			e.Code = Code(e.underlying)
		}
	}
	if e.Details == nil {
		e.Details = Details(e.underlying)
	}
	if inner := Meta(e.underlying); len(inner) > 0 {
		merged := make(Metadata, len(inner)+len(e.Meta))
		for _, meta := range []Metadata{inner, e.Meta} {
			maps.Copy(merged, meta)
		}
		e.Meta = merged
	}
	return &e
}
