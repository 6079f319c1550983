package core

import (
	"context"
	"fmt"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

const (
	// maxComment is how many characters a comment has at most.
	maxComment = 1000
	// maxComments is how many comments a building has at most: they go with every stop to the worker's phone.
	maxComments = 20
)

// AddCommentParams are a comment.
type AddCommentParams struct {
	// Text is up to 1000 characters and may have several lines.
	Text string `json:"text"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// PutCommentParams change a comment.
type PutCommentParams struct {
	// Text is up to 1000 characters and may have several lines.
	Text string `json:"text"`
	// Version is that of the comment that was changed.
	Version int64 `json:"version"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// DeleteCommentParams say whether the request may have been made already.
type DeleteCommentParams struct {
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// DeleteCommentResponse says which comment is gone.
type DeleteCommentResponse struct {
	ID int64 `json:"id"`
}

// AddComment adds a note about a building, which its workers read at their stop. The office only.
//
// Errors: invalid_argument for a text that is missing or too long; failed_precondition (too_many) when the building has 20
// comments; not_found when there is no such building; permission_denied for other roles.
//
//encore:api auth method=POST path=/buildings/:id/comments
func (s *Service) AddComment(ctx context.Context, id int64, p *AddCommentParams) (*Comment, error) {
	text, err := input.RequiredLines("text", p.Text, maxComment)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("AddComment/", id), p}
	return s.changeComments(ctx, request, func(c *change) (int64, error) {
		building, err := c.lockBuilding(ctx, id)
		if err != nil {
			return 0, missingOr(err, noBuilding(), "lock the building")
		}
		count, err := c.query.CountComments(ctx, id)
		if err != nil {
			return 0, err
		}
		if count >= maxComments {
			return 0, refusal.Precondition("text", refusal.TooManyOfThem, "A building has 20 notes at most; delete or change another one.")
		}
		made, err := c.query.InsertComment(ctx, store.InsertCommentParams{
			BuildingID: id, Text: text, WrittenAt: c.at, WrittenBy: c.caller.ID,
		})
		if err != nil {
			return 0, err
		}
		return made, c.commentChanged(ctx, CommentCreated, building, made, nil, &commentState{made, text})
	})
}

// PutComment changes a note about a building. The office only.
//
// Errors: aborted when somebody else has changed it since that version; not_found when there is no such comment; otherwise
// as AddComment.
//
//encore:api auth method=PUT path=/comments/:id
func (s *Service) PutComment(ctx context.Context, id int64, p *PutCommentParams) (*Comment, error) {
	text, err := input.RequiredLines("text", p.Text, maxComment)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("PutComment/", id), p}
	return s.changeComments(ctx, request, func(c *change) (int64, error) {
		building, comment, err := c.lockComment(ctx, id)
		switch {
		case err != nil:
			return 0, err
		case comment.Version != p.Version:
			return 0, changedMeanwhile("note")
		case comment.Text == text:
			return id, nil
		}
		if err := c.query.UpdateComment(ctx, store.UpdateCommentParams{
			ID: id, Text: text, EditedAt: c.at, EditedBy: c.caller.ID,
		}); err != nil {
			return 0, err
		}
		return id, c.commentChanged(ctx, CommentChanged, building, id, &commentState{id, comment.Text}, &commentState{id, text})
	})
}

// DeleteComment removes a note about a building; the audit log keeps what it said. The office only.
//
// Errors: not_found when there is no such comment, permission_denied for other roles.
//
//encore:api auth method=DELETE path=/comments/:id
func (s *Service) DeleteComment(ctx context.Context, id int64, p *DeleteCommentParams) (*DeleteCommentResponse, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("DeleteComment/", id), p}
	_, err = s.transactOnce(ctx, caller, request, func(c *change) (int64, error) {
		building, comment, err := c.lockComment(ctx, id)
		if err != nil {
			return 0, err
		}
		if err := c.query.DeleteComment(ctx, id); err != nil {
			return 0, err
		}
		return id, c.commentChanged(ctx, CommentDeleted, building, id, &commentState{id, comment.Text}, nil)
	})
	if err != nil {
		return nil, refusal.Failure(err, "delete the comment")
	}
	return &DeleteCommentResponse{ID: id}, nil
}

// changeComments runs do in a transaction of the office, and returns the comment that it makes or changes.
func (s *Service) changeComments(
	ctx context.Context, request sent, do func(c *change) (id int64, err error),
) (*Comment, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	id, err := s.transactOnce(ctx, caller, request, do)
	if err != nil {
		return nil, refusal.Failure(err, "change the comment")
	}
	row, err := s.query.FindComment(ctx, id)
	if err != nil {
		return nil, missingOr(err, noComment(), "read the comment")
	}
	comments, err := s.commentsFor(ctx, caller, []store.BuildingComment{row})
	if err != nil {
		return nil, err
	}
	return &comments[0], nil
}

// lockComment locks the building of a comment, under whose lock all its comments change.
func (c *change) lockComment(ctx context.Context, id int64) (building buildingState, comment store.BuildingComment, err error) {
	found, err := c.query.FindComment(ctx, id)
	if err != nil {
		return building, comment, missingOr(err, noComment(), "read the comment")
	}
	if building, err = c.lockBuilding(ctx, found.BuildingID); err != nil {
		return building, comment, err
	}
	comment, err = c.query.FindComment(ctx, id) // as it is now
	if err != nil {
		return building, comment, missingOr(err, noComment(), "read the comment")
	}
	return building, comment, nil
}

// commentState is a comment as the audit log shows it, beside the building whose it is.
type commentState struct {
	CommentID int64  `json:"comment_id"`
	Text      string `json:"text"`
}

// commentChanged tells what has become of a comment: the audit log, which the office alone reads, with its text, everybody
// else with ids. It is about the building, in whose history it stands.
func (c *change) commentChanged(
	ctx context.Context, kind string, building buildingState, id int64, before, after *commentState,
) error {
	runs, err := c.query.StartedRunsAtBuilding(ctx, building.ID)
	if err != nil {
		return err
	}
	var was, is any
	if before != nil {
		was = before
	}
	if after != nil {
		is = after
	}
	if err := c.audit(ctx, kind, "building", building.ID, was, is); err != nil {
		return err
	}
	return outbox.Append(ctx, c.tx, buildingEvents, &BuildingEvent{
		Type: kind, BuildingID: building.ID, ActorID: c.caller.ID, SyndicIDs: building.SyndicIDs,
		Archived: building.ArchivedAt != nil, CommentID: id, RunIDs: runs,
	})
}

func noComment() error { return refusal.NotFound("There is no such note.") }
