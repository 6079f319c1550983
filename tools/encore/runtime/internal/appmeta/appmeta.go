// Package appmeta gathers what is known about the running program: from the build, the configuration and its start.
package appmeta

import (
	"net/url"
	"sync"
	"time"

	"encore.dev/internal/hiddenenv"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/runconfig"
)

// Meta describes the running program.
type Meta struct {
	AppID                   string
	APIBaseURL              url.URL
	EnvName, EnvType, Cloud string
	Revision                string
	Dirty                   bool
	DeployID                string
	Started                 time.Time
}

var build struct {
	id, revision string
	dirty        bool
}

// SetBuild tells what the generated main function knows. It is called before Get.
func SetBuild(id, revision string, dirty bool) {
	build.id, build.revision, build.dirty = id, revision, dirty
}

// Get returns the description, which is made once.
var Get = sync.OnceValue(func() Meta {
	cfg := runconfig.Get().Metadata
	meta := Meta{
		AppID: cfg.AppID, EnvName: cfg.EnvName, EnvType: cfg.EnvType, Cloud: cfg.Cloud,
		Revision: build.revision, Dirty: build.dirty,
		DeployID: hiddenenv.Get("ENCORE_DEPLOY_ID"), Started: time.Now(),
	}
	if meta.AppID == "" {
		meta.AppID = build.id
	}
	if reqtrack.Testing() {
		// A test finds the same environment wherever it runs.
		meta.EnvName, meta.Cloud = "test", "local"
	}
	if meta.DeployID == "" {
		meta.DeployID = "run_" + reqtrack.FormatSpanID(reqtrack.NewSpanID())
	}
	if base, err := url.Parse(cfg.BaseURL); err == nil {
		meta.APIBaseURL = *base
	}
	return meta
})
