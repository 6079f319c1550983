// Package lifecycle shows middleware of a service, secrets, buckets and shutdown.
package lifecycle

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"conformance.example/passed"
	"encore.dev/beta/errs"
	"encore.dev/middleware"
	"encore.dev/rlog"
	"encore.dev/shutdown"
	"encore.dev/storage/objects"
)

var secrets struct {
	GateKey string
}

var files = objects.NewBucket("files", objects.BucketConfig{})

// Service is told when the program ends.
//
//encore:service
type Service struct{}

// initService fails when the environment says so.
func initService() (*Service, error) {
	if reason := os.Getenv("LIFECYCLE_FAILS"); reason != "" {
		return nil, errors.New(reason)
	}
	return &Service{}, nil
}

// Shutdown says that it was called.
func (s *Service) Shutdown(p shutdown.Progress) error {
	<-p.OutstandingRequests.Done()
	rlog.Info("requests are done")
	return nil
}

// Text is an answer.
type Text struct {
	Text string `json:"text"`
}

// Rewrite changes answers.
//
//encore:middleware target=tag:rewritten
func (s *Service) Rewrite(req middleware.Request, next middleware.Next) middleware.Response {
	res := next(req)
	if t, ok := res.Payload.(*Text); ok {
		res.Payload = &Text{Text: t.Text + " and rewritten by " + req.Data().Endpoint}
		res.HTTPStatus = http.StatusAccepted
	}
	return res
}

// Spoil gives an answer of the wrong type.
//
//encore:middleware target=tag:spoiled
func (s *Service) Spoil(middleware.Request, middleware.Next) middleware.Response {
	return middleware.Response{Payload: &struct{ X int }{1}}
}

// Rewritten is rewritten.
//
//encore:api public method=GET path=/lifecycle/rewritten tag:rewritten
func (s *Service) Rewritten(context.Context) (*Text, error) { return &Text{Text: "written"}, nil }

// Spoiled is spoiled.
//
//encore:api public method=GET path=/lifecycle/spoiled tag:spoiled
func (s *Service) Spoiled(context.Context) (*Text, error) { return &Text{}, nil }

// Sort is the last of all.
//
//encore:middleware target=tag:ordered
func (s *Service) Sort(req middleware.Request, next middleware.Next) middleware.Response {
	return passed.Through("lifecycle.Sort", req, next)
}

// Ordered tells which middleware it went through.
//
//encore:api public method=GET path=/lifecycle/ordered tag:ordered
func (s *Service) Ordered(ctx context.Context) (*Text, error) {
	return &Text{Text: strings.Join(passed.By(ctx), " ")}, nil
}

// Exploding is never reached.
//
//encore:api public method=GET path=/lifecycle/exploding tag:exploding
func (s *Service) Exploding(context.Context) (*Text, error) { return &Text{}, nil }

// Doubled is reached twice.
//
//encore:api public method=GET path=/lifecycle/doubled tag:twice
func (s *Service) Doubled(context.Context) (*Text, error) { return &Text{}, nil }

// Spilled fails with the status of its middleware.
//
//encore:api public method=GET path=/lifecycle/spilled tag:teapot
func (s *Service) Spilled(context.Context) (*Text, error) {
	return nil, &errs.Error{Code: errs.NotFound, Message: "no tea"}
}

// Refused never runs.
//
//encore:api public method=GET path=/lifecycle/refused tag:refused
func (s *Service) Refused(context.Context) (*Text, error) { return &Text{Text: "reached"}, nil }

// Slow takes its time.
//
//encore:api public method=GET path=/lifecycle/slow
func (s *Service) Slow(ctx context.Context) (*Text, error) {
	rlog.Info("slow request started")
	select {
	case <-time.After(2 * time.Second):
		return &Text{Text: "finished"}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Noted writes lines to the log.
//
//encore:api public method=GET path=/lifecycle/noted
func (s *Service) Noted(context.Context) error {
	rlog.Debug("noted at debug")
	rlog.Info("noted at info")
	return nil
}

// Secret tells the length of a secret.
//
//encore:api public method=GET path=/lifecycle/secret
func (s *Service) Secret(context.Context) (*Text, error) {
	return &Text{Text: strings.Repeat("*", len(secrets.GateKey))}, nil
}

// Keep writes a file and reads it back.
//
//encore:api public method=GET path=/lifecycle/file
func (s *Service) Keep(ctx context.Context) (*Text, error) {
	w := files.Upload(ctx, "folder/name.txt", objects.WithUploadAttrs(objects.UploadAttrs{ContentType: "text/plain"}))
	if _, err := io.WriteString(w, "kept"); err != nil {
		w.Abort(err)
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	attrs, err := files.Attrs(ctx, "folder/name.txt")
	if err != nil {
		return nil, err
	}
	r := files.Download(ctx, "folder/name.txt")
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	link, err := files.SignedDownloadURL(ctx, "folder/name.txt", objects.WithTTL(time.Minute))
	if err != nil {
		return nil, err
	}
	return &Text{Text: strings.Join([]string{string(content), attrs.ContentType, link.URL}, "|")}, nil
}
