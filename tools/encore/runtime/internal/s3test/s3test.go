// Package s3test gives tests an S3 server: the Versity gateway, a real one that keeps objects as files. It is the
// program named by TEST_VERSITYGW, in PATH, or built once from the pinned module in versitygw.mod and kept in the
// user's cache folder.
package s3test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"encore.dev/internal/runconfig"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	version   = "v1.8.0"
	program   = "github.com/versity/versitygw/cmd/versitygw"
	accessKey = "tester"
	secretKey = "a secret for tests"
	region    = "eu-west-1"
)

// Server is a running server.
type Server struct {
	// Storage is the server as the configuration describes it, with no buckets.
	Storage runconfig.ObjectStorage
	// Client makes any request to the server.
	Client *minio.Core
	stop   func()
}

// Start starts a server. modFile is the path of versitygw.mod from the folder of the test.
func Start(modFile string) (*Server, error) {
	path, err := find(modFile)
	if err != nil {
		return nil, fmt.Errorf("the S3 server of the tests: %w", err)
	}
	dir, err := os.MkdirTemp("", "s3test")
	if err != nil {
		return nil, err
	}
	for _, sub := range []string{"data", "attributes"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, "--port", address, "--access", accessKey, "--secret", secretKey, "--region", region,
		"posix", "--sidecar", filepath.Join(dir, "attributes"), filepath.Join(dir, "data"))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop := func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // reports the kill
		_ = log.Close()
		_ = os.RemoveAll(dir)
	}
	client, err := minio.NewCore(address, &minio.Options{
		Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Region: region, BucketLookup: minio.BucketLookupPath,
	})
	if err == nil {
		err = awaitAnswer(client)
	}
	if err != nil {
		text, _ := os.ReadFile(log.Name())
		stop()
		return nil, fmt.Errorf("%w\n%s", err, text)
	}
	storage := runconfig.ObjectStorage{
		Type: "s3", Region: region, Endpoint: "http://" + address, AccessKeyID: accessKey, SecretAccessKey: secretKey,
	}
	return &Server{Storage: storage, Client: client, stop: stop}, nil
}

// Stop ends the server and removes its data.
func (s *Server) Stop() { s.stop() }

func awaitAnswer(client *minio.Core) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		_, err := client.ListBuckets(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func freeAddress() (string, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func find(modFile string) (string, error) {
	if path := os.Getenv("TEST_VERSITYGW"); path != "" {
		return path, nil
	}
	if path, err := exec.LookPath("versitygw"); err == nil {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	built := filepath.Join(cache, "encore-tests", "versitygw-"+version)
	if _, err := os.Stat(built); !errors.Is(err, fs.ErrNotExist) {
		return built, err
	}
	if err := os.MkdirAll(filepath.Dir(built), 0o755); err != nil {
		return "", err
	}
	fmt.Fprintln(os.Stderr, "building", program, version, "(once, some minutes)")
	fresh := fmt.Sprintf("%s.%d", built, os.Getpid())
	if out, err := exec.Command("go", "build", "-modfile", modFile, "-o", fresh, program).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", program, err, out)
	}
	return built, os.Rename(fresh, built)
}
