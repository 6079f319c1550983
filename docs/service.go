package docs

import (
	encore "encore.dev"
	"encore.dev/rlog"
)

// Service tells a developer, at the start, where the explorer is. The endpoints need nothing of it.
//
//encore:service
type Service struct{}

func initService() (*Service, error) {
	if meta := encore.Meta(); meta.Environment.Type == encore.EnvDevelopment && meta.Environment.Cloud == encore.CloudLocal {
		rlog.Info("the API's documentation", "notice", "API docs", "address", meta.APIBaseURL.JoinPath("docs/ui/").String())
	}
	return &Service{}, nil
}
