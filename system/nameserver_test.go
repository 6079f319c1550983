//go:build !encore_app

package system

import (
	"net"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer answers for the names of containers, as Compose's own does: with the addresses of all that run.
type nameServer struct {
	conn net.PacketConn

	mu        sync.Mutex
	addresses map[string][]netip.Addr
}

func startNameServer(ip string) (*nameServer, error) {
	conn, err := net.ListenPacket("udp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return nil, err
	}
	s := &nameServer{conn: conn, addresses: make(map[string][]netip.Addr)}
	go s.serve()
	return s, nil
}

func (s *nameServer) close() error { return s.conn.Close() }

func (s *nameServer) address() string { return s.conn.LocalAddr().String() }

// set says which addresses a name has from now on.
func (s *nameServer) set(name string, addresses ...netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addresses[name] = addresses
}

func (s *nameServer) serve() {
	buffer := make([]byte, 512)
	for {
		n, from, err := s.conn.ReadFrom(buffer)
		if err != nil {
			return // closed
		}
		if answer, err := s.answer(buffer[:n]); err == nil {
			_, _ = s.conn.WriteTo(answer, from) // who asked asks again
		}
	}
}

func (s *nameServer) answer(packet []byte) ([]byte, error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(packet)
	if err != nil {
		return nil, err
	}
	question, err := parser.Question()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	addresses, known := s.addresses[strings.TrimSuffix(question.Name.String(), ".")]
	s.mu.Unlock()
	reply := dnsmessage.Header{ID: header.ID, Response: true, Authoritative: true, RecursionDesired: header.RecursionDesired}
	if !known {
		reply.RCode = dnsmessage.RCodeNameError
	}
	builder := dnsmessage.NewBuilder(nil, reply)
	if err := builder.StartQuestions(); err != nil {
		return nil, err
	}
	if err := builder.Question(question); err != nil {
		return nil, err
	}
	if err := builder.StartAnswers(); err != nil {
		return nil, err
	}
	if question.Type == dnsmessage.TypeA {
		for _, address := range addresses {
			resource := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 1}
			if err := builder.AResource(resource, dnsmessage.AResource{A: address.As4()}); err != nil {
				return nil, err
			}
		}
	}
	return builder.Finish()
}
