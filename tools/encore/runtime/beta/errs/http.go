package errs

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// HTTPError writes err as the response of w, with the status of its code. A nil err is written as the code ok.
// When err's details cannot be represented in JSON they are left out.
func HTTPError(w http.ResponseWriter, err error) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	status := Code(err).HTTPStatus()
	w.WriteHeader(status)
	body := appendDocument(nil, err)
	if err == nil {
		body = append(body, '\n')
	}
	// The client may be gone; there is nobody else to tell.
	_, _ = w.Write(body)
}

// appendDocument appends the JSON document that describes err to dst.
func appendDocument(dst []byte, err error) []byte {
	document := struct {
		Code    ErrCode         `json:"code"`
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
	}{Code: OK}
	if err != nil {
		e := Convert(err).(*Error)
		document.Code, document.Message = e.Code, e.ErrorMessage()
		if e.Details != nil {
			if details, err := json.Marshal(e.Details); err == nil {
				document.Details = details
			}
		}
	}
	buf := bytes.NewBuffer(dst)
	encoder := json.NewEncoder(buf)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		// Unreachable: every part is a string or valid JSON.
		panic(err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
