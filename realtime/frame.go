package realtime

import (
	"encoding/json"
	"errors"

	"encore.dev/beta/errs"

	"encore.app/internal/refusal"
)

// maxFrame is how large a frame of a client may be.
const maxFrame = 4 << 10

// What a client asks.
const (
	opSubscribe   = "subscribe"
	opUnsubscribe = "unsubscribe"
	opPing        = "ping"
)

// request is a frame from the client.
type request struct {
	Op      string `json:"op"`
	Channel string `json:"channel"`
	// Since is the position of the last event that the client has of the channel.
	Since string `json:"since"`
}

// The frames to the client. Each has its op first.
type (
	subscribedFrame struct {
		Op      string `json:"op"` // subscribed
		Channel string `json:"channel"`
		// ID is the position from which on events follow: missed ones when Recovered, else only new ones.
		ID string `json:"id"`
		// Recovered is true when the events that follow are all that happened after the position that was asked for.
		// When it is false, fetch what is shown anew.
		Recovered bool `json:"recovered"`
	}
	eventFrame struct {
		Op      string          `json:"op"` // event
		Channel string          `json:"channel"`
		ID      string          `json:"id"`
		Type    string          `json:"type"`
		Data    json.RawMessage `json:"data"`
	}
	errorFrame struct {
		Op      string `json:"op"` // error
		Channel string `json:"channel,omitempty"`
		// Code is an error code as the API has them.
		Code    string         `json:"code"`
		Message string         `json:"message"`
		Reason  refusal.Reason `json:"reason,omitempty"`
	}
	pongFrame struct {
		Op string `json:"op"` // pong
	}
)

func newErrorFrame(channel string, err error) errorFrame {
	frame := errorFrame{
		Op: "error", Channel: channel, Code: errs.Code(err).String(), Message: "Something went wrong on the server.",
		Reason: refusal.ReasonOf(err),
	}
	if answer, ok := errors.AsType[*errs.Error](err); ok {
		frame.Message = answer.Message
	}
	return frame
}

// encode returns the JSON of a frame.
func encode(frame any) []byte {
	body, err := json.Marshal(frame)
	if err != nil {
		panic("realtime: a frame cannot be encoded: " + err.Error()) // a programming error
	}
	return body
}
