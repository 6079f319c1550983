package logs

import (
	"bytes"
	"log"
)

// Standard returns a logger of the standard library whose lines go to the log at the level error.
func Standard(source string) *log.Logger { return log.New(standardWriter(source), "", 0) }

type standardWriter string

func (w standardWriter) Write(p []byte) (int, error) {
	Start(Error, nil).Str("source", string(w)).Send(string(bytes.TrimSpace(p)))
	return len(p), nil
}
