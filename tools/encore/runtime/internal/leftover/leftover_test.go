package leftover

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFolderIsRemovedWhenNobodyUsesIt(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	used, _, err := claim(parent)
	require.NoError(t, err)
	left, release, err := claim(parent)
	require.NoError(t, err)
	require.NoError(t, release())

	require.NoError(t, sweep(parent))
	require.DirExists(t, used, "a lock says that it is used, whatever the number of its process is")
	require.NoDirExists(t, left)
}
