package mail

import (
	"context"
	"fmt"
	"slices"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"

	"encore.app/core"
	"encore.app/internal/refusal"
	"encore.app/mail/delivery"
)

const (
	maxPictures = 20
	// maxPictureBytes is how much the photos of one mail may have together.
	maxPictureBytes = 10 << 20
)

// checkPictures returns the pictures that go with a mail, each once, if they exist and are not too large together, and what the
// log says of them.
func (s *Service) checkPictures(ctx context.Context, ids []uuid.UUID) ([]string, []Attachment, error) {
	if len(ids) > maxPictures {
		return nil, nil, refusal.Invalid("picture_ids", refusal.TooLong, "At most 20 pictures go with a mail.")
	}
	texts, attachments, bytes := []string{}, []Attachment{}, 0
	for i, id := range ids {
		if slices.Contains(texts, id.String()) {
			continue
		}
		picture, err := s.ask.picture(ctx, id)
		switch {
		case errs.Code(err) == errs.NotFound:
			return nil, nil, refusal.InvalidRows("picture_ids", []refusal.Row{{Index: i, Reason: refusal.Unknown}}, "There is no such picture.")
		case err != nil:
			return nil, nil, refusal.Failure(err, "read the pictures")
		}
		if bytes += len(picture.Content); bytes > maxPictureBytes {
			return nil, nil, refusal.Invalid("picture_ids", refusal.TooLarge, "The pictures have more than 10 MB together. Send fewer.")
		}
		attachments = append(attachments, Attachment{Name: s.photoName(picture.Picture, len(texts)), Bytes: len(picture.Content)})
		texts = append(texts, id.String())
	}
	return texts, attachments, nil
}

// photoName is what a picture is called in a mail, by the day on which it was taken and its place.
func (s *Service) photoName(picture core.Picture, place int) string {
	return fmt.Sprintf("%s-%d.jpg", picture.TakenAt.In(s.zone).Format("2006-01-02"), place+1)
}

// photos reads the pictures that go with a mail; unsendable when one is gone.
func (s *Service) photos(ctx context.Context, ids []string) ([]delivery.Attachment, error) {
	photos := make([]delivery.Attachment, len(ids))
	for i, text := range ids {
		id, err := uuid.FromString(text)
		if err != nil {
			return nil, fmt.Errorf("read the id of a picture: %w", err)
		}
		picture, err := s.ask.picture(ctx, id)
		switch {
		case errs.Code(err) == errs.NotFound:
			return nil, unsendable("a photo that goes with it does not exist any more")
		case err != nil:
			return nil, fmt.Errorf("read a picture: %w", err)
		}
		photos[i] = delivery.Attachment{
			Name: s.photoName(picture.Picture, i), Type: "image/jpeg", Content: picture.Content,
		}
	}
	return photos, nil
}

func pictureFromCore(ctx context.Context, id uuid.UUID) (*core.PictureContentResponse, error) {
	return core.PictureContent(ctx, &core.PictureContentParams{ID: id})
}
