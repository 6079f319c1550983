//go:build !encore_app

// Package system tests the layout of docker-compose.yml, built and started as processes: nginx with its own templates,
// the programs and files of both images, PostgreSQL and Redis. What Compose adds (networks, volumes, limits) is missing;
// a name server of the test answers for Compose's, and every container has a loopback address.
package system

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const (
	source = ".." // the repository
	// results is where the logs of a run that failed are kept until the next one.
	results = "results"
)

// workFolder holds what the tests make, but for the logs. The processes' user can read it.
var workFolder string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (status int) {
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, errors.Join(err, os.RemoveAll(workFolder)))
		return 1
	}
	status = m.Run()
	if err := errors.Join(stopShared(), leaks()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	if status != 0 {
		if err := keepLogs(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	if err := os.RemoveAll(workFolder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

// keepLogs copies the logs to where people find them.
func keepLogs() error {
	logs, err := filepath.Glob(filepath.Join(workFolder, "*", "logs"))
	for _, folder := range logs {
		stack := filepath.Base(filepath.Dir(folder))
		err = errors.Join(err, os.CopyFS(filepath.Join(results, stack), os.DirFS(folder)))
	}
	fmt.Fprintln(os.Stderr, "the logs are in system/"+results)
	return err
}

func prepare() (err error) {
	if err = os.RemoveAll(results); err != nil {
		return err
	}
	if workFolder, err = os.MkdirTemp("", "trottoir-system-"); err != nil {
		return err
	}
	if err := makeImages(); err != nil {
		return err
	}
	// A copy, because the processes' user may not be able to read the repository.
	if err := os.CopyFS(filepath.Join(workFolder, "nginx"), os.DirFS(filepath.Join(source, "nginx"))); err != nil {
		return err
	}
	return giveAway(workFolder)
}

// makeImages makes the content of the images, or takes that of images that were built before, to save time.
func makeImages() error {
	if built := os.Getenv("SYSTEM_IMAGES"); built != "" {
		return os.CopyFS(filepath.Join(workFolder, "images"), os.DirFS(built))
	}
	for image, services := range map[string]string{"backend": "auth,core,audit,mail,export,realtime,docs", "frontend": "frontend-proxy"} {
		if err := build(image, services); err != nil {
			return err
		}
	}
	return nil
}

// build makes the content of an image.
func build(image, services string) error {
	target, err := filepath.Abs(imageFolder(image))
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "tool", "encore", "build", "docker",
		"--services", services, "--config", "infra/"+image+".json", "--rootfs", target)
	cmd.Dir = source
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the image %s: %w\n%s", image, err, output)
	}
	return nil
}

func imageFolder(image string) string { return filepath.Join(workFolder, "images", image) }

var loggedSecrets struct {
	sync.Mutex

	texts map[string]string
}

// keepSecret makes the run fail when a text is found in any log. It returns the text.
func keepSecret(what, text string) string {
	loggedSecrets.Lock()
	defer loggedSecrets.Unlock()
	if loggedSecrets.texts == nil {
		loggedSecrets.texts = make(map[string]string)
	}
	loggedSecrets.texts[text] = what
	return text
}

// leaks returns an error that names the logs that hold a secret.
func leaks() error {
	logs, err := filepath.Glob(filepath.Join(workFolder, "*", "logs", "*"))
	if len(logs) == 0 {
		err = errors.Join(err, errors.New("there are no logs to look into"))
	}
	for _, log := range logs {
		content, readErr := os.ReadFile(log)
		err = errors.Join(err, readErr)
		for text, what := range loggedSecrets.texts {
			if strings.Contains(string(content), text) {
				err = errors.Join(err, fmt.Errorf("%s holds the %s", log, what))
			}
		}
	}
	return err
}
