//go:build !encore_app

package check_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHandbookExplainsEveryKey(t *testing.T) {
	t.Parallel()
	handbook := string(read(t, "../../docs/operations.md"))
	keys := regexp.MustCompile(`(?m)^#?([A-Z][A-Z0-9_]+)=`).FindAllStringSubmatch(string(read(t, "../../.env.example")), -1)
	require.NotEmpty(t, keys)
	for _, key := range keys {
		if !strings.HasPrefix(key[1], "OTEL_") {
			require.Contains(t, handbook, "`"+key[1]+"`", "docs/operations.md does not explain %s of .env.example", key[1])
		}
	}
}

// TestLinksOfTheHandbookLeadSomewhere follows links to headings and files, as GitHub would.
func TestLinksOfTheHandbookLeadSomewhere(t *testing.T) {
	t.Parallel()
	headings := func(file string) (anchors []string) {
		for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(string(read(t, file)), -1) {
			anchor := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
			anchors = append(anchors, strings.ReplaceAll(anchor, " ", "-"))
		}
		return anchors
	}
	for _, file := range []string{"../../docs/operations.md", "../../docs/alerts.md", "../../README.md"} {
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(read(t, file)), -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			target, anchor, hasAnchor := strings.Cut(link[1], "#")
			path := file
			if target != "" {
				path = filepath.Join(filepath.Dir(file), target)
				require.FileExists(t, path, "%s links to %s", file, link[1])
			}
			if hasAnchor {
				require.Contains(t, headings(path), anchor, "%s links to %s", file, link[1])
			}
		}
	}
}
