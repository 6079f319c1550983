// Package export gives people what the system knows of them, as one file. It keeps nothing: it asks the other services.
package export

import (
	"context"
	"sync"
	"time"

	"encore.dev/beta/errs"

	"encore.app/audit"
	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/settings"
	"encore.app/mail"
)

// Service holds what the endpoint works with.
//
//encore:service
type Service struct {
	zone  *time.Location // in which the files of an export are dated (rule 11)
	now   clock
	turns turns
	under *people
	// patience is how long a reader may take nothing: a phone that has lost its network must not hold a turn.
	patience time.Duration
	ask      *services
}

// Channels and functions in the service struct have types of their own: the official tool takes its fields for a schema.
type (
	// clock tells the time.
	clock func() time.Time
	// turns are how many exports this process makes at the same time: each reads every photo of a person.
	turns chan struct{}
	// people are those whose exports are being made, one for each of them: nobody takes the turns of all others.
	people struct{ ids sync.Map }
)

// begin is false when one is being made for the person.
func (p *people) begin(id int64) bool {
	_, underWay := p.ids.LoadOrStore(id, nil)
	return !underWay
}

func (p *people) end(id int64) { p.ids.Delete(id) }

// services are those that are asked; each answers about the caller.
type services struct {
	account     func(ctx context.Context) (*auth.AccountExportResponse, error)
	preferences func(ctx context.Context) (*mail.PreferencesResponse, error)
	devices     func(ctx context.Context) (*mail.NotificationDevicesResponse, error)
	runs        func(ctx context.Context) (*core.RunsExportResponse, error)
	run         func(ctx context.Context, id int64) (*core.RunDetail, error)
	picture     func(ctx context.Context, p *core.PictureContentParams) (*core.PictureContentResponse, error)
	incidents   func(ctx context.Context, p *core.IncidentsExportParams) (*core.IncidentsExportResponse, error)
	// incidentPicture is one that the caller added to an incident.
	incidentPicture func(ctx context.Context, p *core.PictureContentParams) (*core.IncidentPictureContentResponse, error)
	messages        func(ctx context.Context, p *mail.MessagesExportParams) (*mail.MessagesExportResponse, error)
	changes         func(ctx context.Context, p *audit.ChangesExportParams) (*audit.ChangesExportResponse, error)
}

// initService is called by the framework.
func initService() (*Service, error) {
	set, err := settings.Load()
	if err != nil {
		return nil, err
	}
	return newService(set.TimeZone), nil
}

func newService(zone *time.Location) *Service {
	return &Service{
		zone: zone, now: time.Now, turns: make(turns, 2), under: &people{}, patience: time.Minute,
		ask: &services{
			account: askAccount, preferences: askPreferences, devices: askDevices, runs: askRuns, run: askRun, picture: askPicture,
			incidents: askIncidents, incidentPicture: askIncidentPicture, messages: askMessages, changes: askChanges,
		},
	}
}

func askAccount(ctx context.Context) (*auth.AccountExportResponse, error) {
	return auth.AccountExport(ctx)
}

func askPreferences(ctx context.Context) (*mail.PreferencesResponse, error) {
	return mail.GetPreferences(ctx)
}

func askRuns(ctx context.Context) (*core.RunsExportResponse, error) { return core.RunsExport(ctx) }

func askRun(ctx context.Context, id int64) (*core.RunDetail, error) { return core.RunExport(ctx, id) }

func askPicture(ctx context.Context, p *core.PictureContentParams) (*core.PictureContentResponse, error) {
	return core.PictureContent(ctx, p)
}

func askIncidents(ctx context.Context, p *core.IncidentsExportParams) (*core.IncidentsExportResponse, error) {
	return core.IncidentsExport(ctx, p)
}

func askIncidentPicture(ctx context.Context, p *core.PictureContentParams) (*core.IncidentPictureContentResponse, error) {
	return core.IncidentPictureContent(ctx, p)
}

func askDevices(ctx context.Context) (*mail.NotificationDevicesResponse, error) {
	return mail.ListNotificationDevices(ctx)
}

func askMessages(ctx context.Context, p *mail.MessagesExportParams) (*mail.MessagesExportResponse, error) {
	return mail.MessagesExport(ctx, p)
}

func askChanges(ctx context.Context, p *audit.ChangesExportParams) (*audit.ChangesExportResponse, error) {
	return audit.ChangesExport(ctx, p)
}

// isMissing tells that a service does not have what it was asked for, or not any more.
func isMissing(err error) bool { return errs.Code(err) == errs.NotFound }
