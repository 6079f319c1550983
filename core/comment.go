package core

import (
	"context"
	"strings"
	"time"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// Comment is a note of the office about a building: a door code, where the bins stand.
type Comment struct {
	ID         int64 `json:"id"`
	BuildingID int64 `json:"building_id"`
	// Text may have several lines.
	Text string `json:"text"`
	// WrittenBy is for the office; null for others.
	WrittenBy *CommentAuthor `json:"written_by"`
	WrittenAt time.Time      `json:"written_at"`
	// EditedBy is who changed it last, for the office; null for others, and while nobody has changed it.
	EditedBy *CommentAuthor `json:"edited_by"`
	// EditedAt is null while nobody has changed it.
	EditedAt *time.Time `json:"edited_at"`
	// Version grows with every change of the comment.
	Version int64 `json:"version"`
}

// CommentAuthor is who wrote or changed a comment.
type CommentAuthor struct {
	ID int64 `json:"id"`
	// Name is empty when the account is gone.
	Name string `json:"name"`
}

// CommentList holds all comments of a building.
type CommentList struct {
	// Items are 20 at most, the latest first.
	Items []Comment `json:"items"`
}

// StopComment is a comment as the worker at the stop reads it.
type StopComment struct {
	ID   int64  `json:"id"`
	Text string `json:"text"`
	// ChangedAt is when it was written or changed last.
	ChangedAt time.Time `json:"changed_at"`
}

// ListComments returns the office's notes about a building, the latest first. The office sees those of all buildings, a
// student those at the stops of their own runs from 14 days before to 14 days after the run (rule 13), a syndic none.
//
// Errors: not_found when there is no building that the caller may see, permission_denied for syndics and those without a role.
//
//encore:api auth method=GET path=/buildings/:id/comments
func (s *Service) ListComments(ctx context.Context, id int64) (*CommentList, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.SeeComments(caller); err != nil {
		return nil, err
	}
	if err := s.seesBuilding(ctx, caller, id); err != nil {
		return nil, err
	}
	rows, err := s.query.CommentsOfBuildings(ctx, []int64{id})
	if err != nil {
		return nil, refusal.Failure(err, "read the comments")
	}
	comments, err := s.commentsFor(ctx, caller, rows)
	if err != nil {
		return nil, err
	}
	return &CommentList{Items: comments}, nil
}

// commentsFor makes of the rows what the caller, who may see them, reads.
func (s *Service) commentsFor(ctx context.Context, caller access.Actor, rows []store.BuildingComment) ([]Comment, error) {
	names := make(map[int64]string)
	if caller.Office() {
		var ids []int64
		for i := range rows {
			ids = append(ids, rows[i].WrittenBy)
			if rows[i].EditedBy != nil {
				ids = append(ids, *rows[i].EditedBy)
			}
		}
		people, err := s.workers(ctx, ids)
		if err != nil {
			return nil, err
		}
		for id, person := range people {
			names[id] = strings.TrimSpace(person.FirstName + " " + person.LastName)
		}
	}
	comments := make([]Comment, len(rows))
	for i := range rows {
		row := &rows[i]
		comments[i] = Comment{
			ID: row.ID, BuildingID: row.BuildingID, Text: row.Text, WrittenAt: row.WrittenAt.UTC(), EditedAt: utc(row.EditedAt),
			Version: row.Version,
		}
		if !caller.Office() {
			continue
		}
		comments[i].WrittenBy = &CommentAuthor{row.WrittenBy, names[row.WrittenBy]}
		if row.EditedBy != nil {
			comments[i].EditedBy = &CommentAuthor{*row.EditedBy, names[*row.EditedBy]}
		}
	}
	return comments, nil
}

// stopCommentsOf groups comments by building, as workers read them.
func stopCommentsOf(rows []store.BuildingComment) map[int64][]StopComment {
	comments := make(map[int64][]StopComment)
	for i := range rows {
		row := &rows[i]
		changed := row.WrittenAt
		if row.EditedAt != nil {
			changed = *row.EditedAt
		}
		comments[row.BuildingID] = append(comments[row.BuildingID], StopComment{row.ID, row.Text, changed.UTC()})
	}
	return comments
}
