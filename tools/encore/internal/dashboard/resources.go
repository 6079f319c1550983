package dashboard

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/deadletter"
)

type topicsPage struct {
	Topics  []topicPage
	Letters []deadletter.Letter
	Outcome string // of what was just done with a letter
	Good    bool
}

type topicPage struct {
	Topic         *app.Topic
	Subscriptions []*app.Subscription
	Message       []schemaField
}

func (d *Dashboard) topics(w http.ResponseWriter, r *http.Request) {
	p := &topicsPage{}
	d.showTopics(w, r, p)
}

// showTopics shows the topics with what their subscriptions gave up.
func (d *Dashboard) showTopics(w http.ResponseWriter, r *http.Request, p *topicsPage) {
	a := d.options.App()
	if url := d.options.Environment.RedisURL(); url != "" {
		err := d.withLetters(func(box deadletter.Box) (err error) {
			p.Letters, err = box.List(r.Context())
			return err
		})
		if err != nil {
			d.fail(w, r, http.StatusInternalServerError, "The dead letters could not be read: "+err.Error())
			return
		}
	}
	for _, topic := range a.Topics {
		t := topicPage{Topic: topic, Message: schema(topic.Message, "")}
		for _, s := range a.Subscriptions {
			if s.Topic == topic {
				t.Subscriptions = append(t.Subscriptions, s)
			}
		}
		p.Topics = append(p.Topics, t)
	}
	d.show(w, r, http.StatusOK, "topics.html", "topics", "Topics", p)
}

// deadLetter has a message that was given up delivered again, or deletes it.
func (d *Dashboard) deadLetter(w http.ResponseWriter, r *http.Request) {
	id, act := r.PostFormValue("id"), r.PostFormValue("act")
	subscription := r.PostFormValue("subscription")
	p := &topicsPage{Outcome: "This message is gone: somebody has replayed or deleted it."}
	err := d.withLetters(func(box deadletter.Box) error {
		letters, err := box.List(r.Context())
		if err != nil {
			return err
		}
		i := slices.IndexFunc(letters, func(l deadletter.Letter) bool {
			return l.ID == id && l.Topic+"/"+l.Subscription == subscription
		})
		switch {
		case i < 0:
			return nil
		case act == "replay":
			_, err = box.Replay(r.Context(), letters[i])
			p.Outcome = "The message is delivered again, to " + subscription + " alone."
		case act == "delete":
			err = box.Delete(r.Context(), letters[i])
			p.Outcome = "The message is deleted."
		default:
			p.Outcome = "A message is replayed or deleted."
			return nil
		}
		p.Good = err == nil
		return err
	})
	if err != nil {
		p.Outcome = err.Error()
	}
	d.showTopics(w, r, p)
}

// withLetters calls f with the dead letters of the environment's Redis.
func (d *Dashboard) withLetters(f func(box deadletter.Box) error) error {
	options, err := redis.ParseURL(d.options.Environment.RedisURL())
	if err != nil {
		return err
	}
	client := redis.NewClient(options)
	return errors.Join(f(deadletter.Box{Redis: client}), client.Close())
}

type cronPage struct {
	Jobs    []cronJob
	Outcome string // of the job that was just run
	Good    bool
}

type cronJob struct {
	*app.CronJob
	When string
}

func (d *Dashboard) cron(w http.ResponseWriter, r *http.Request) {
	d.show(w, r, http.StatusOK, "cron.html", "cron", "Cron jobs", d.cronPage())
}

func (d *Dashboard) cronPage() *cronPage {
	p := &cronPage{}
	for _, j := range d.options.App().CronJobs {
		when := j.Schedule + " (UTC)"
		if j.Every > 0 {
			when = "every " + interval(time.Duration(j.Every)*time.Second)
		}
		p.Jobs = append(p.Jobs, cronJob{j, when})
	}
	return p
}

// interval is a duration without what is zero: 1h, not 1h0m0s.
func interval(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// runCron asks the application to run a job now.
func (d *Dashboard) runCron(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !slices.ContainsFunc(d.options.App().CronJobs, func(j *app.CronJob) bool { return j.ID == id }) {
		d.fail(w, r, http.StatusNotFound, "The application has no such cron job.")
		return
	}
	p := d.cronPage()
	begin := time.Now()
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, d.options.AppURL+"/__encore/cron/"+id, nil)
	if err != nil {
		d.fail(w, r, http.StatusInternalServerError, err.Error())
		return
	}
	response, err := d.client.Do(request)
	if err != nil {
		p.Outcome = "The application did not answer: " + err.Error()
	} else {
		defer response.Body.Close()
		body, err := io.ReadAll(io.LimitReader(response.Body, 10_000))
		p.Good = err == nil && response.StatusCode < 300
		p.Outcome = fmt.Sprintf("%s failed with %s: %s", id, response.Status, body)
		if p.Good {
			p.Outcome = fmt.Sprintf("%s ran in %s.", id, time.Since(begin).Round(time.Millisecond))
		}
	}
	d.show(w, r, http.StatusOK, "cron.html", "cron", "Cron jobs", p)
}

func (d *Dashboard) buckets(w http.ResponseWriter, r *http.Request) {
	d.show(w, r, http.StatusOK, "buckets.html", "buckets", "Buckets", d.options.App().Buckets)
}

type bucketPage struct {
	Bucket  *app.Bucket
	Folder  string
	Objects []object
	First   int // the number of the first object shown, from 1
	Next    int // that of the first of the next page; 0 = there is none
}

type object struct {
	Name     string
	Size     int64
	Modified time.Time
}

// maxObjects is how many objects of a bucket a page shows.
const maxObjects = 100

func (d *Dashboard) bucket(w http.ResponseWriter, r *http.Request) {
	for _, b := range d.options.App().Buckets {
		if b.Name != r.PathValue("bucket") {
			continue
		}
		p := bucketPage{Bucket: b, Folder: d.options.Environment.BucketDir(b.Name), First: 1}
		if first, err := strconv.Atoi(r.URL.Query().Get("first")); err == nil && first > 1 {
			p.First = first
		}
		if err := p.read(); err != nil {
			d.fail(w, r, http.StatusInternalServerError, "The bucket could not be listed: "+err.Error())
			return
		}
		d.show(w, r, http.StatusOK, "bucket.html", "buckets", b.Name, p)
		return
	}
	d.fail(w, r, http.StatusNotFound, "The application has no such bucket.")
}

// read lists the files that the runtime keeps as objects.
func (p *bucketPage) read() error {
	root, err := os.OpenRoot(filepath.Join(p.Folder, "objects"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was uploaded yet
	} else if err != nil {
		return err
	}
	defer root.Close()
	number := 0
	return fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		number++
		if number < p.First {
			return nil
		}
		if len(p.Objects) == maxObjects {
			p.Next = number
			return fs.SkipAll
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		} else if err != nil {
			return err
		}
		p.Objects = append(p.Objects, object{path, info.Size(), info.ModTime()})
		return nil
	})
}

func formatBytes(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1000_000)
	}
}
