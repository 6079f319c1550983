package dashboard

import (
	"encoding/base64"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"encore.app/tools/encore/internal/local"
)

func (d *Dashboard) mails(w http.ResponseWriter, r *http.Request) {
	var mails []*local.Mail
	if inbox := d.options.Environment.Inbox(); inbox != nil {
		mails = inbox.List()
	}
	d.show(w, r, http.StatusOK, "mails.html", "mail", "Mail", struct {
		Here  bool
		Mails []*local.Mail
	}{d.options.Environment.Inbox() != nil, mails})
}

func (d *Dashboard) deleteMails(w http.ResponseWriter, r *http.Request) {
	if inbox := d.options.Environment.Inbox(); inbox != nil {
		inbox.DeleteAll()
	}
	http.Redirect(w, r, "/mail", http.StatusSeeOther)
}

// findMail returns the message that the address names, or answers that there is none.
func (d *Dashboard) findMail(w http.ResponseWriter, r *http.Request) *local.Mail {
	id, err := strconv.Atoi(r.PathValue("id"))
	if inbox := d.options.Environment.Inbox(); inbox != nil && err == nil {
		if m, ok := inbox.Get(id); ok {
			return m
		}
	}
	d.fail(w, r, http.StatusNotFound, "There is no such message. Only the last 500 of this run are kept.")
	return nil
}

func (d *Dashboard) mail(w http.ResponseWriter, r *http.Request) {
	if m := d.findMail(w, r); m != nil {
		d.show(w, r, http.StatusOK, "mail.html", "mail", m.Subject, m)
	}
}

// mailPolicy lets a message show its text, styles and own pictures, and open links in new windows: no scripts, no
// requests to others. It holds where the message is opened alone, too.
const mailPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; " +
	"img-src data:; frame-ancestors 'self'"

func (d *Dashboard) mailHTML(w http.ResponseWriter, r *http.Request) {
	m := d.findMail(w, r)
	if m == nil {
		return
	}
	html := m.HTML
	for _, a := range m.Attachments {
		if a.ContentID != "" && strings.HasPrefix(a.Type, "image/") {
			// The sandbox has no origin that could fetch pictures from here.
			html = strings.ReplaceAll(html, "cid:"+a.ContentID, "data:"+a.Type+";base64,"+base64.StdEncoding.EncodeToString(a.Data))
		}
	}
	w.Header().Set("Content-Security-Policy", mailPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(`<base target="_blank">` + html)) // fails when the browser has gone
}

func (d *Dashboard) mailRaw(w http.ResponseWriter, r *http.Request) {
	if m := d.findMail(w, r); m != nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write(m.Raw) // fails when the browser has gone
	}
}

func (d *Dashboard) mailAttachment(w http.ResponseWriter, r *http.Request) {
	m := d.findMail(w, r)
	if m == nil {
		return
	}
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || n < 0 || n >= len(m.Attachments) {
		d.fail(w, r, http.StatusNotFound, "The message has no such attachment.")
		return
	}
	a := m.Attachments[n]
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Content-Type", a.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	w.Write(a.Data) // fails when the browser has gone
}
