package docs_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"encore.app/docs"
)

func get(t *testing.T, handler http.HandlerFunc, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	req.Header = header
	w := httptest.NewRecorder()
	handler(w, req)
	return w
}

func TestDocumentIsValidOpenAPI(t *testing.T) {
	t.Parallel()
	answer := get(t, docs.ServeDocument, http.Header{})
	require.Equal(t, http.StatusOK, answer.Code)
	doc, err := openapi3.NewLoader().LoadFromData(answer.Body.Bytes())
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
}

func TestDocumentIsNotSentTwice(t *testing.T) {
	t.Parallel()
	first := get(t, docs.ServeDocument, http.Header{})
	second := get(t, docs.ServeDocument, http.Header{"If-None-Match": {first.Header().Get("ETag")}})
	require.Equal(t, http.StatusNotModified, second.Code)
	require.Empty(t, second.Body.String())
}

func TestAFileThatTheExplorerDoesNotHave(t *testing.T) {
	t.Parallel()
	answer := get(t, docs.ExplorerOf("nothing.js"), http.Header{})
	require.Equal(t, http.StatusNotFound, answer.Code)
	require.Equal(t, "application/json", answer.Header().Get("Content-Type"))
	require.Contains(t, answer.Body.String(), "not_found")
	require.Empty(t, answer.Header().Get("Cache-Control"), "it may exist tomorrow")
	require.Equal(t, http.StatusOK, get(t, docs.ExplorerOf(""), http.Header{}).Code)
	require.Equal(t, http.StatusOK, get(t, docs.ExplorerOf("swagger-ui.css"), http.Header{}).Code)
}
