package realtime

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"encore.app/auth"
)

const (
	// queueLength is how many events or answers wait for a client before it is too slow, and maxQueued how many bytes. What
	// a client missed waits as one.
	queueLength = 64
	maxQueued   = 4 << 20
	// maxFrameRate is how many frames, pings included, a client may send a second for long, and maxBurst how many at once:
	// a page subscribes to all that it shows when it comes back.
	maxFrameRate = 10
	maxBurst     = 150
	// maxSubscriptions is how many channels one connection follows at most.
	maxSubscriptions = 50

	// farewell is how long the client has to answer a close.
	farewell = time.Second
)

// times are the patience of a connection.
type times struct {
	// ping is how often the server asks whether the client is still there.
	ping time.Duration
	// silence is how long a client may send nothing, not even the answer to a ping.
	silence time.Duration
	// write is how long writing one frame may take.
	write time.Duration
}

var defaultTimes = times{ping: 25 * time.Second, silence: 60 * time.Second, write: 5 * time.Second}

// identity is who is at the other end.
type identity struct {
	userID    int64
	sessionID int64
	role      auth.Role
}

// connection is one client. One goroutine reads from it and one writes to it; everybody else puts frames into its
// queue, which never waits.
type connection struct {
	who    identity
	socket *websocket.Conn
	times  times
	queue  chan [][]byte
	queued atomic.Int64  // bytes in queue
	frames *rate.Limiter // of the client's

	closing   sync.Once
	closed    chan struct{}
	closeCode int // set before closed is closed

	// subscriptions by channel of the layer; the reading goroutine's alone.
	subscriptions map[string]*subscription
}

func newConnection(socket *websocket.Conn, who identity) *connection {
	return &connection{
		who: who, socket: socket, times: defaultTimes,
		queue: make(chan [][]byte, queueLength), frames: rate.NewLimiter(maxFrameRate, maxBurst), closed: make(chan struct{}),
		subscriptions: map[string]*subscription{},
	}
}

// send puts frames into the queue as one. A client whose queue is full is disconnected.
func (c *connection) send(frames ...any) {
	parcel := make([][]byte, len(frames))
	size := 0
	for i, frame := range frames {
		parcel[i] = encode(frame)
		size += len(parcel[i])
	}
	if c.queued.Add(int64(size)) > maxQueued {
		c.close(closeSlow)
		return
	}
	select {
	case c.queue <- parcel:
	default:
		c.close(closeSlow)
	}
}

// close ends the connection with a close code, after the frames in the queue. Only the first call counts.
func (c *connection) close(code int) {
	c.closing.Do(func() {
		c.closeCode = code
		close(c.closed)
	})
}

// write is the writing goroutine. It ends after close, having told the client why.
func (c *connection) write() {
	ping := time.NewTicker(c.times.ping)
	defer ping.Stop()
	for {
		var err error
		select {
		case parcel := <-c.queue:
			for _, frame := range parcel {
				if err = c.writeFrame(frame); err != nil {
					break
				}
				c.queued.Add(-int64(len(frame)))
			}
		case <-ping.C:
			err = c.socket.WriteControl(websocket.PingMessage, nil, time.Now().Add(c.times.write))
		case <-c.closed:
			c.sayGoodbye()
			return
		}
		if err != nil { // nobody is there
			c.close(closeGone)
		}
	}
}

func (c *connection) writeFrame(frame []byte) error {
	if err := c.socket.SetWriteDeadline(time.Now().Add(c.times.write)); err != nil {
		return err
	}
	return c.socket.WriteMessage(websocket.TextMessage, frame)
}

// sayGoodbye writes what is left in the queue and the close frame, and gives the client a moment to answer, so that the
// frame is not lost in a reset. A client that is gone or slow gets no more than the time of one write.
func (c *connection) sayGoodbye() {
	deadline := time.Now().Add(farewell)
	if c.closeCode != closeGone {
		_ = c.socket.SetWriteDeadline(deadline)
		for left := len(c.queue); left > 0 && c.closeCode != closeSlow; left-- {
			for _, frame := range <-c.queue {
				if c.socket.WriteMessage(websocket.TextMessage, frame) != nil {
					break
				}
			}
		}
		message := websocket.FormatCloseMessage(c.closeCode, closeReasons[c.closeCode])
		_ = c.socket.WriteControl(websocket.CloseMessage, message, deadline)
	}
	// From here on the reading goroutine ends the connection: with the client's answer, or at this deadline.
	_ = c.socket.SetReadDeadline(deadline)
}

// read calls handle with each frame of the client, until the connection ends.
func (c *connection) read(handle func(frame []byte)) {
	c.socket.SetReadLimit(maxFrame)
	c.socket.SetPongHandler(func(string) error { return c.heard() })
	answer := c.socket.PingHandler()
	c.socket.SetPingHandler(func(data string) error {
		if !c.frames.Allow() {
			c.close(closeTooFast)
			return nil
		}
		return errors.Join(c.heard(), answer(data))
	})
	for c.heard() == nil {
		kind, frame, err := c.socket.ReadMessage()
		switch {
		case err != nil:
			c.close(closeGone)
			return
		case c.isClosed(): // waiting for the answer to our close
		case !c.frames.Allow():
			c.close(closeTooFast)
		case kind != websocket.TextMessage:
			c.close(closeProtocol)
		default:
			handle(frame)
		}
	}
}

// heard puts the end of the client's silence off, unless the connection is being closed.
func (c *connection) heard() error {
	if c.isClosed() {
		return nil
	}
	if err := c.socket.SetReadDeadline(time.Now().Add(c.times.silence)); err != nil {
		return err
	}
	if c.isClosed() { // closed in between: its deadline counts
		return c.socket.SetReadDeadline(time.Now().Add(farewell))
	}
	return nil
}

func (c *connection) isClosed() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}
