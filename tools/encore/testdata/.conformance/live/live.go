// Package live shows a WebSocket in a raw endpoint.
package live

import (
	"fmt"
	"net/http"

	encore "encore.dev"
	"encore.dev/beta/auth"
	"encore.dev/rlog"
	"github.com/gorilla/websocket"
)

var upgrader websocket.Upgrader

// Echo answers every message with itself, its room and its sender.
//
//encore:api auth raw method=GET path=/live/:room
func Echo(w http.ResponseWriter, req *http.Request) {
	conn, err := upgrader.Upgrade(w, req, nil)
	if err != nil {
		return // the upgrader has answered
	}
	defer func() { _ = conn.Close() }() // the client may have closed it
	for {
		kind, text, err := conn.ReadMessage()
		if err != nil {
			rlog.Info("the client left", "reason", err)
			return
		}
		uid, _ := auth.UserID()
		answer := fmt.Sprintf("%s in %s from %s", text, encore.CurrentRequest().PathParams.Get("room"), uid)
		if err := conn.WriteMessage(kind, []byte(answer)); err != nil {
			rlog.Error("answer a message", "error", err)
			return
		}
	}
}
