package delivery

import (
	"errors"
	"fmt"
	"net/smtp"
	"slices"
	"strings"
)

// auth is how to sign in at a server: PLAIN, or LOGIN where that is all it offers, as older mail servers do. The password is
// given to an encrypted connection or to this machine only.
func (s Server) auth(client *smtp.Client) (smtp.Auth, error) {
	_, offered := client.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(offered))
	switch {
	case slices.Contains(ways, "PLAIN"):
		return smtp.PlainAuth("", s.User, s.Password, s.Host), nil
	case slices.Contains(ways, "LOGIN"):
		return &loginAuth{user: s.User, password: s.Password, host: s.Host}, nil
	case len(ways) == 0:
		return nil, errors.New("the server lets nobody sign in here: set another SMTP_TLS, or no SECRET_EMAIL_USER")
	}
	return nil, fmt.Errorf("the server offers no way to sign in that is known here, PLAIN or LOGIN: %s", offered)
}

// loginAuth is the mechanism LOGIN, which net/smtp has not: the server asks for the name, then for the password.
type loginAuth struct {
	user, password, host string
	asked                int
}

// Start implements smtp.Auth.
func (a *loginAuth) Start(server *smtp.ServerInfo) (mechanism string, initial []byte, err error) {
	if server.Name != a.host {
		return "", nil, errors.New("the server has another name")
	}
	if !server.TLS && !isThisMachine(server.Name) {
		return "", nil, errors.New("the connection is not encrypted: nobody is told the password")
	}
	return "LOGIN", nil, nil
}

// Next implements smtp.Auth. What the server calls its questions differs; their order does not.
func (a *loginAuth) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	a.asked++
	switch a.asked {
	case 1:
		return []byte(a.user), nil
	case 2:
		return []byte(a.password), nil
	}
	return nil, errors.New("the server asks for more than a name and a password")
}

// isThisMachine is what net/smtp takes for it.
func isThisMachine(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}
