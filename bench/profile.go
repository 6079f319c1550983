//go:build !encore_app

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// profileDuration is how long a server is profiled.
const profileDuration = 10 * time.Second

// profile writes a CPU profile of each server under each load to the folder s.profiles.
func profile(ctx context.Context, s settings, servers ...*server) error {
	if err := os.MkdirAll(s.profiles, 0o755); err != nil {
		return err
	}
	for _, e := range endpoints() {
		for _, server := range servers {
			path := filepath.Join(s.profiles, strings.TrimPrefix(e.name, "http/")+"-"+server.name+".pprof")
			// The profile begins a little later than the load and ends before it.
			written := make(chan error, 1)
			go func() { written <- fetchProfile(ctx, server, path) }()
			_, err := load{paths: e.paths, clients: s.clients, duration: profileDuration + time.Second}.measure(ctx, server)
			if fetchErr := <-written; err == nil {
				err = fetchErr
			}
			if err != nil {
				return fmt.Errorf("profile %s: %w", server.name, err)
			}
			fmt.Fprintln(os.Stderr, "wrote", path)
		}
	}
	return nil
}

func fetchProfile(ctx context.Context, s *server, path string) error {
	address := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", s.profileAddr, int(profileDuration.Seconds()))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", address, res.Status, content)
	}
	return os.WriteFile(path, content, 0o644)
}
