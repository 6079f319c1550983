package local

import (
	"context"
	"errors"
)

func installEmbedded(ctx context.Context, o *Options) (string, error) {
	return "", errors.New("not available")
}
