package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"encore.app/tools/encore/internal/app"
)

const (
	callTimeout    = time.Minute
	maxCallBody    = 8 << 20 // of the form
	maxCallAnswer  = 1 << 20 // shown of the answer
	bearerField    = "auth-bearer"
	fieldSeparator = "."
)

// callForm is the page of an endpoint: what it takes, what was sent, and what came back.
type callForm struct {
	Endpoint *app.Endpoint
	Method   string
	Params   []callField // path, query and header fields, and what the auth handler reads
	HasBody  bool
	Body     string
	Request  []schemaField
	Response []schemaField
	Answer   *callAnswer // nil before the call
	Kept     []string    // names of the cookies that are sent by themselves
}

// callField is an input of the form. Its Key tells where the value goes.
type callField struct {
	Key, Label, Place, Type, Value string
	Auth                           bool
}

type callAnswer struct {
	Problem  string // why there is no answer
	Status   string
	Good     bool
	Duration time.Duration
	URL      string
	TraceID  string
	Header   []string
	Body     string
	Cut      bool
}

func (d *Dashboard) newCallForm(e *app.Endpoint, chosen string) *callForm {
	f := &callForm{Endpoint: e, Method: method(e)}
	if slices.Contains(e.Methods, chosen) || slices.Contains(e.Methods, "*") && chosen != "" {
		f.Method = chosen
	}
	f.Request, f.Response = schema(e.Request, f.Method), schema(e.Response, "")
	for _, p := range e.PathParams {
		f.Params = append(f.Params, callField{Key: "path" + fieldSeparator + p.Name, Label: p.Name, Place: "path", Type: typeName(p.GoType)})
	}
	for _, field := range e.Request.StructFields() {
		location, name := travels(field, f.Method)
		switch location {
		case string(app.InBody), string(app.Dropped):
		default:
			f.Params = append(f.Params, callField{Key: location + fieldSeparator + name, Label: name, Place: location, Type: typeName(field.Type)})
		}
	}
	f.Params = append(f.Params, authFields(d.options.App().AuthHandler)...)
	f.Body = sample(e.Request, f.Method)
	f.HasBody = f.Body != "" || e.Raw
	if address, err := url.Parse(d.options.AppURL); err == nil {
		for _, cookie := range d.client.Jar.Cookies(address) {
			f.Kept = append(f.Kept, cookie.Name)
		}
	}
	return f
}

// authFields are the inputs for what the auth handler reads.
func authFields(h *app.AuthHandler) []callField {
	if h == nil || h.Params == nil {
		return nil
	}
	fields := h.Params.StructFields()
	if fields == nil {
		return []callField{{Key: bearerField, Label: "Bearer token", Place: "auth", Type: "string", Auth: true}}
	}
	var inputs []callField
	for _, f := range fields {
		if f.Location == app.Dropped {
			continue
		}
		inputs = append(inputs, callField{Key: string(f.Location) + fieldSeparator + f.WireName, Label: f.WireName, Place: "auth " + string(f.Location), Type: typeName(f.Type), Auth: true})
	}
	return inputs
}

func (d *Dashboard) endpoint(w http.ResponseWriter, r *http.Request) {
	if e := d.findEndpoint(w, r); e != nil {
		d.show(w, r, http.StatusOK, "endpoint.html", "services", e.Service.Name+"."+e.Name, d.newCallForm(e, r.URL.Query().Get("method")))
	}
}

func (d *Dashboard) call(w http.ResponseWriter, r *http.Request) {
	e := d.findEndpoint(w, r)
	if e == nil {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxCallBody)
	if err := r.ParseForm(); err != nil {
		d.fail(w, r, http.StatusBadRequest, "The form could not be read: "+err.Error())
		return
	}
	f := d.newCallForm(e, r.PostForm.Get("method"))
	f.Body = r.PostForm.Get("body")
	for i := range f.Params {
		f.Params[i].Value = r.PostForm.Get(f.Params[i].Key)
	}
	f.Answer = d.send(r, f)
	d.show(w, r, http.StatusOK, "endpoint.html", "services", e.Service.Name+"."+e.Name, f)
}

// send makes the call that the form describes.
func (d *Dashboard) send(r *http.Request, f *callForm) *callAnswer {
	request, err := d.request(r, f)
	if err != nil {
		return &callAnswer{Problem: err.Error()}
	}
	begin := time.Now()
	response, err := d.client.Do(request)
	if err != nil {
		return &callAnswer{Problem: "The application did not answer: " + err.Error(), URL: request.URL.String()}
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxCallAnswer+1))
	if err != nil {
		return &callAnswer{Problem: "The answer broke off: " + err.Error(), URL: request.URL.String()}
	}
	a := &callAnswer{
		Status:   response.Status,
		Good:     response.StatusCode < 400,
		Duration: time.Since(begin).Round(10 * time.Microsecond),
		URL:      request.Method + " " + request.URL.String(),
		TraceID:  response.Header.Get("X-Encore-Trace-Id"),
	}
	if a.Cut = len(data) > maxCallAnswer; a.Cut {
		data = data[:maxCallAnswer]
	}
	a.Body = fmt.Sprintf("(%d bytes that are no text)", len(data))
	if utf8.Valid(data) || a.Cut {
		a.Body = strings.ToValidUTF8(string(data), "\uFFFD")
	}
	var indented bytes.Buffer
	if json.Indent(&indented, data, "", "  ") == nil {
		a.Body = indented.String()
	}
	for name, values := range response.Header {
		for _, value := range values {
			a.Header = append(a.Header, name+": "+value)
		}
	}
	slices.Sort(a.Header)
	return a
}

func (d *Dashboard) request(r *http.Request, f *callForm) (*http.Request, error) {
	var segments []string
	values := make(map[string]string)
	for _, p := range f.Params {
		values[p.Key] = p.Value
	}
	for segment := range strings.SplitSeq(strings.TrimPrefix(f.Endpoint.Path, "/"), "/") {
		if segment != "" && strings.ContainsRune(":*!", rune(segment[0])) {
			value := values["path"+fieldSeparator+segment[1:]]
			if segment[0] == ':' && value == "" {
				return nil, fmt.Errorf("the path needs a value for %s", segment[1:])
			}
			if segment[0] == ':' {
				segment = url.PathEscape(value)
			} else {
				segment = (&url.URL{Path: value}).EscapedPath() // it may hold several segments
			}
		}
		segments = append(segments, segment)
	}
	query, header := url.Values{}, http.Header{}
	var cookies []*http.Cookie
	for _, p := range f.Params {
		if p.Value == "" {
			continue
		}
		location, name, _ := strings.Cut(p.Key, fieldSeparator)
		switch location {
		case string(app.InQuery):
			query.Add(name, p.Value)
		case string(app.InHeader):
			header.Add(name, p.Value)
		case string(app.InCookie):
			cookies = append(cookies, &http.Cookie{Name: name, Value: p.Value})
		case bearerField:
			header.Set("Authorization", "Bearer "+p.Value)
		}
	}
	address := strings.TrimSuffix(d.options.AppURL, "/") + "/" + strings.Join(segments, "/")
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	var body io.Reader
	if f.HasBody && f.Method != http.MethodGet && f.Method != http.MethodHead {
		body = strings.NewReader(f.Body)
	}
	request, err := http.NewRequestWithContext(r.Context(), f.Method, address, body)
	if err != nil {
		return nil, fmt.Errorf("the request cannot be made: %w", err)
	}
	request.Header = header
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, c := range cookies {
		request.AddCookie(c)
	}
	return request, nil
}
