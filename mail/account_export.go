package mail

import (
	"context"
	"time"

	"encore.app/internal/page"
	"encore.app/internal/refusal"
	"encore.app/mail/store"
)

// exportPage is how many messages are exported at a time.
const exportPage = 500

// MessagesExportParams choose a page.
type MessagesExportParams struct {
	// Cursor is the next_cursor of the page before; empty for the first one.
	Cursor string `json:"cursor"`
}

// MessagesExportResponse is a page of what somebody was mailed.
type MessagesExportResponse struct {
	// Items are the messages, the latest first.
	Items []ExportedMessage `json:"items"`
	// NextCursor leads to the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

// ExportedMessage is a message as its receiver takes it along.
type ExportedMessage struct {
	Kind    string `json:"kind"`
	Address string `json:"address" encore:"sensitive"`
	Subject string `json:"subject"`
	// Status is waiting, sending, sent, failed or withdrawn.
	Status string `json:"status"`
	// CreatedAt is when it was asked for.
	CreatedAt time.Time `json:"created_at"`
	// EndedAt is when it was sent, or was not to be sent any more; null before.
	EndedAt *time.Time `json:"ended_at"`
}

// exportKey is what the messages are sorted by.
type exportKey struct {
	ID int64 `json:"i"`
}

// MessagesExport returns what the caller was mailed, for the service that makes the export.
//
//encore:api private method=POST path=/internal/messages-export
func (s *Service) MessagesExport(ctx context.Context, p *MessagesExportParams) (*MessagesExportResponse, error) {
	who, err := caller()
	if err != nil {
		return nil, err
	}
	params := store.ListMessagesParams{UserID: &who.UserID, Patterns: []string{}, RowLimit: exportPage + 1}
	after, resumed, err := page.After[exportKey]("messages-export", p.Cursor)
	if err != nil {
		return nil, err
	}
	if resumed {
		params.BeforeID = &after.ID
	}
	rows, err := s.query.ListMessages(ctx, params)
	if err != nil {
		return nil, refusal.Failure(err, "list the mail")
	}
	rows, next := page.Cut("messages-export", rows, exportPage, func(m store.Message) exportKey { return exportKey{m.ID} })
	answer := &MessagesExportResponse{Items: make([]ExportedMessage, len(rows)), NextCursor: next}
	for i, m := range rows {
		answer.Items[i] = ExportedMessage{
			Kind: m.Kind, Address: m.Address, Subject: m.Subject, Status: string(m.Status), CreatedAt: m.CreatedAt.UTC(),
		}
		if m.EndedAt != nil {
			ended := m.EndedAt.UTC()
			answer.Items[i].EndedAt = &ended
		}
	}
	return answer, nil
}
