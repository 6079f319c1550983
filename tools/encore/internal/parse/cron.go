package parse

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// readCronJobs describes the cron jobs.
func (a *analysis) readCronJobs() {
	seen := map[string]*resource{}
	for _, r := range a.ofKind(cronKind) {
		id, ok := a.resourceName(r, 0)
		if !ok || !a.unique(seen, id, id, r, 0) || len(r.call.Args) < 2 {
			continue
		}
		if r.pkg.service == nil {
			a.report(errCronOutside, spanOf(r.call.Fun), id)
			continue
		}
		job := &app.CronJob{Service: r.pkg.service, ID: id, Title: id, Pos: a.place(r.call.Pos())}
		a.app.CronJobs = append(a.app.CronJobs, job)
		a.readCronConfig(r, job)
	}
	slices.SortFunc(a.app.CronJobs, func(x, y *app.CronJob) int { return cmp.Compare(x.ID, y.ID) })
}

func (a *analysis) readCronConfig(r *resource, job *app.CronJob) {
	c, ok := a.readConfig(r, r.call.Args[1])
	if !ok {
		return
	}
	if expr, ok := c["Title"]; ok {
		if title, ok := a.literalString(expr, "title of a cron job"); ok {
			job.Title = title
		}
	}
	every, hasEvery := c["Every"]
	schedule, hasSchedule := c["Schedule"]
	if hasEvery == hasSchedule {
		a.report(errCronWhen, spanOf(r.call.Args[1]), job.ID)
	}
	if hasEvery {
		if n, ok := a.constInt(r, every, "Every"); ok {
			job.Every = n
			const minute, day = 60, 24 * 60 * 60
			if n <= 0 || n%minute != 0 || n > day || day%n != 0 {
				a.report(errCronEvery, spanOf(every), cronInterval(n))
			}
		}
	}
	if hasSchedule {
		if text, ok := a.literalString(schedule, "schedule"); ok {
			job.Schedule = text
			if err := checkSchedule(text); err != nil {
				a.report(errCronSchedule, spanOf(schedule), text, err)
			}
		}
	}
	expr, ok := c["Endpoint"]
	if !ok {
		a.report(errCronEndpoint, spanOf(r.call.Args[1]), job.ID)
		return
	}
	obj := referenced(r.pkg.info, expr)
	if t := r.pkg.info.TypeOf(expr); t == nil || anyInvalid(t) {
		return
	}
	var e *endpoint
	if isPackageLevel(obj) {
		e = a.endpoints[objectKey(obj)]
	}
	switch {
	case e == nil:
		a.report(errCronEndpoint, spanOf(expr), job.ID)
	case e.Raw || len(e.PathParams) > 0 || e.Request != nil:
		a.report(errCronParams, spanOf(expr), e.Name)
	default:
		job.Endpoint = e.Endpoint
	}
}

// cronInterval writes seconds as they were probably meant.
func cronInterval(seconds int64) string {
	if seconds%60 == 0 {
		return fmt.Sprintf("%d minutes", seconds/60)
	}
	return fmt.Sprintf("%d seconds", seconds)
}

// cronField is one column of a schedule.
type cronField struct {
	name     string
	min, max int
	names    []string // from min upwards
}

var cronFields = []cronField{
	{name: "minute", min: 0, max: 59},
	{name: "hour", min: 0, max: 23},
	{name: "day of the month", min: 1, max: 31},
	{name: "month", min: 1, max: 12, names: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{name: "day of the week", min: 0, max: 7, names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// checkSchedule checks a cron expression of five fields.
func checkSchedule(text string) error {
	words := strings.Fields(text)
	if len(words) != len(cronFields) {
		return fmt.Errorf("it has %d fields instead of 5 (minute, hour, day of the month, month, day of the week)", len(words))
	}
	for i, w := range words {
		for part := range strings.SplitSeq(w, ",") {
			if err := cronFields[i].check(part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f cronField) check(part string) error {
	base, step, stepped := strings.Cut(part, "/")
	if stepped {
		if n, err := strconv.Atoi(step); err != nil || n < 1 || n > f.max {
			return fmt.Errorf("%q is no step for the %s", step, f.name)
		}
	}
	if base == "*" {
		return nil
	}
	from, to, ranged := strings.Cut(base, "-")
	low, err := f.value(from)
	if err != nil || !ranged {
		return err
	}
	high, err := f.value(to)
	if err == nil && high < low {
		err = fmt.Errorf("the range %q of the %s runs backwards", base, f.name)
	}
	return err
}

func (f cronField) value(s string) (int, error) {
	if i := slices.Index(f.names, strings.ToLower(s)); i >= 0 {
		return f.min + i, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < f.min || n > f.max || s[0] == '+' {
		return 0, fmt.Errorf("%q is no %s (%d-%d)", s, f.name, f.min, f.max)
	}
	return n, nil
}
