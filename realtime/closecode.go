package realtime

import "github.com/gorilla/websocket"

// The codes with which the server closes a connection. Codes from 4500 on, and 1008, are final: the same client would
// be refused again. After every other code, and after a lost network, the client opens a new connection and subscribes
// from its last position.
const (
	// closeGoingAway: the process stops. Another one, or the next version, takes over.
	closeGoingAway = websocket.CloseGoingAway // 1001
	// closeProtocol: a frame that is not JSON text, or larger than maxFrame.
	closeProtocol = websocket.ClosePolicyViolation // 1008
	// closeSlow: the client did not read what it subscribed to fast enough.
	closeSlow = 4000
	// closeResync: the process may have missed events. Subscribing again tells whether they can be recovered.
	closeResync = 4001
	// closeRightsChanged: the person's role changed.
	closeRightsChanged = 4002
	// closeSessionEnded: the session is over. Sign in first.
	closeSessionEnded = 4500
	// closeGone is never sent: the client is gone.
	closeGone = websocket.CloseAbnormalClosure // 1006
	// closeTooMany: the person has too many connections already.
	closeTooMany = 4501
	// closeTooFast: the client sent more frames than maxFrameRate allows.
	closeTooFast = 4502
)

// closeReasons are for people who read logs; programs act on codes.
var closeReasons = map[int]string{
	closeGoingAway:     "server stops",
	closeProtocol:      "frame not understood",
	closeSlow:          "too slow",
	closeResync:        "events may be missing",
	closeRightsChanged: "rights changed",
	closeSessionEnded:  "session ended",
	closeTooMany:       "too many connections",
	closeTooFast:       "too many frames",
}
