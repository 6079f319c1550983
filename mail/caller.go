package mail

import (
	encoreauth "encore.dev/beta/auth"

	"encore.app/auth"
	"encore.app/internal/audit"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
)

// caller returns who is signed in.
func caller() (*auth.Data, error) {
	data, ok := encoreauth.Data().(*auth.Data)
	if !ok || data == nil {
		return nil, refusal.Unauthenticated(refusal.SignedOut, "Sign in first.")
	}
	return data, nil
}

// callerFromOffice returns who calls the endpoint; others than the office get permission_denied.
func callerFromOffice() (*auth.Data, error) {
	data, err := caller()
	if err != nil {
		return nil, err
	}
	if !data.Role.IsOffice() {
		return nil, refusal.Forbidden(refusal.WrongRole, "Only the office may do this.")
	}
	return data, nil
}

// actorOf is the caller as the audit log names them.
func actorOf(who *auth.Data) audit.Actor {
	return audit.Actor{UserID: who.UserID, SessionID: who.SessionID, Address: limit.CurrentClient().Address}
}
