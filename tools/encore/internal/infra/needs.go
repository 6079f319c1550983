package infra

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// Needs is what some services of an application need of a configuration. All lists are sorted.
type Needs struct {
	Services      []string // that are hosted
	Secrets       []string
	Databases     []string
	Topics        []string
	Subscriptions []Subscription
	Buckets       []string
	Remote        []Remote
	AuthHandler   string // service of the auth handler, when it is not hosted
	Cron          bool   // some have cron jobs
}

// Subscription names a subscription to a topic.
type Subscription struct{ Topic, Name string }

// Remote is a service that is not hosted and one that is and needs it.
type Remote struct{ Service, By string }

// NeedsOf returns what services of an application need; all of its services when none are named. A service can also be
// named by its folder, relative to the application. The error names services that there are not.
func NeedsOf(a *app.App, services []string) (*Needs, error) {
	hosted, err := hostedServices(a, services)
	if err != nil {
		return nil, err
	}
	n := &Needs{}
	var roots []string
	secrets, databases, topics, buckets := names{}, names{}, names{}, names{}
	authenticates := ""
	for _, s := range a.Services {
		if !hosted[s.Name] {
			continue
		}
		n.Services = append(n.Services, s.Name)
		roots = append(roots, s.PkgPath)
		databases.add(s.Uses.Databases...)
		topics.add(s.Uses.Topics...)
		buckets.add(s.Uses.Buckets...)
		for _, other := range s.Uses.Services {
			if !hosted[other] {
				n.Remote = append(n.Remote, Remote{other, s.Name})
			}
		}
		if slices.ContainsFunc(s.Endpoints, func(e *app.Endpoint) bool { return e.Access == app.Auth }) {
			authenticates = cmp.Or(authenticates, s.Name)
		}
	}
	if h := a.AuthHandler; h != nil && h.Service == nil {
		roots = append(roots, h.PkgPath)
	} else if h != nil && !hosted[h.Service.Name] {
		n.AuthHandler = h.Service.Name
		if authenticates != "" {
			n.Remote = append(n.Remote, Remote{h.Service.Name, authenticates})
		}
	}
	for _, m := range a.Middleware {
		if m.Global {
			roots = append(roots, m.PkgPath)
		}
	}
	linked := closure(a.Imports, roots)
	for _, group := range a.Secrets {
		if linked[group.PkgPath] {
			secrets.add(group.Keys...)
		}
	}
	for _, s := range a.Subscriptions {
		if hosted[s.Service.Name] {
			topics.add(s.Topic.Name)
			n.Subscriptions = append(n.Subscriptions, Subscription{s.Topic.Name, s.Name})
		}
	}
	n.Cron = slices.ContainsFunc(a.CronJobs, func(c *app.CronJob) bool { return hosted[c.Service.Name] })
	n.Secrets, n.Databases, n.Topics, n.Buckets = secrets.sorted(), databases.sorted(), topics.sorted(), buckets.sorted()
	slices.SortFunc(n.Subscriptions, func(x, y Subscription) int {
		return cmp.Or(strings.Compare(x.Topic, y.Topic), strings.Compare(x.Name, y.Name))
	})
	slices.SortFunc(n.Remote, func(x, y Remote) int {
		return cmp.Or(strings.Compare(x.Service, y.Service), strings.Compare(x.By, y.By))
	})
	n.Remote = slices.Compact(n.Remote)
	return n, nil
}

func hostedServices(a *app.App, services []string) (map[string]bool, error) {
	hosted := map[string]bool{}
	if len(services) == 0 {
		for _, s := range a.Services {
			hosted[s.Name] = true
		}
		return hosted, nil
	}
	var known []string
	for _, s := range a.Services {
		known = append(known, s.Name)
	}
	for _, name := range services {
		at := slices.IndexFunc(a.Services, func(s *app.Service) bool {
			dir, err := filepath.Rel(a.Root, s.Dir)
			return s.Name == name || err == nil && filepath.ToSlash(dir) == name
		})
		if at < 0 {
			return nil, fmt.Errorf("there is no service %s (there are: %s)", name, strings.Join(known, ", "))
		}
		hosted[a.Services[at].Name] = true
	}
	return hosted, nil
}

// closure returns the packages with everything they import, directly or not.
func closure(imports map[string][]string, packages []string) map[string]bool {
	all := map[string]bool{}
	for queue := slices.Clone(packages); len(queue) > 0; queue = queue[1:] {
		if path := queue[0]; !all[path] {
			all[path] = true
			queue = append(queue, imports[path]...)
		}
	}
	return all
}

type names map[string]bool

func (n names) add(list ...string) {
	for _, name := range list {
		n[name] = true
	}
}

func (n names) sorted() []string { return slices.Sorted(maps.Keys(n)) }
