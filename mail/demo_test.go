package mail

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"encore.app/auth"
)

func TestDemoTemplatesAreOnesThatTheOfficeCouldHaveSaved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.ask.peopleByEmail = func(context.Context, []string) (map[string]*auth.User, error) {
		return map[string]*auth.User{demoOffice: {ID: 7}}, nil
	}
	require.NoError(t, b.makeDemoTemplates(t.Context()))
	rows, err := b.query.ListTemplates(t.Context())
	require.NoError(t, err)
	require.Len(t, rows, len(demoTemplates))
	for _, row := range rows {
		require.Equal(t, int64(7), row.ChangedBy)
		written, err := readLetter(row.Subject, row.Body)
		require.NoError(t, err, row.Name)
		require.Equal(t, row.Subject, written.subject)
		require.Equal(t, row.Body, written.body)
	}

	// What the office has made of them stays as it is.
	require.NoError(t, b.query.DeleteTemplate(t.Context(), rows[0].ID))
	require.NoError(t, b.makeDemoTemplates(t.Context()))
	count, err := b.query.CountTemplates(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(len(demoTemplates)-1), count)
}
