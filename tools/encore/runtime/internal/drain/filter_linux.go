package drain

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// Packets have 64 hops left where they start, or 128, and never more than 255. A socket that takes only those that come
// with 255 drops the others, and a listening socket has no others than those that ask for a connection: the rest of a
// handshake that has begun is not looked at. Unlike a packet filter this needs no privilege.
const allHops = 255

// dropNew makes the kernel ignore whoever wants to connect.
func dropNew(l *net.TCPListener) error { return wantHops(l, allHops) }

// admit lets packets reach a connection that was accepted while new ones were dropped: it took over the listener's
// setting. What was dropped until then is sent again.
func admit(c *net.TCPConn) error { return wantHops(c, 0) }

// wantHops says how many hops incoming packets must have left at least.
func wantHops(c syscall.Conn, hops int) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var setErr error
	err = raw.Control(func(fd uintptr) {
		setErr = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MINTTL, hops)
		if domain, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN); err != nil {
			setErr = errors.Join(setErr, err)
		} else if domain == unix.AF_INET6 { // it may serve both versions
			setErr = errors.Join(setErr, unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_MINHOPCOUNT, hops))
		}
	})
	return errors.Join(err, setErr)
}
