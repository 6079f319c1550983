//go:build !encore_app

package check_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

const monitoring = "../monitoring/"

// promtool runs Prometheus' own checker.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	_, err := exec.LookPath("promtool")
	require.NoError(t, err, "promtool checks the rules: apt install prometheus")
	cmd := exec.CommandContext(t.Context(), "promtool", args...)
	cmd.Dir = monitoring
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
}

func TestPrometheusTakesItsConfiguration(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "config", "--syntax-only", "prometheus.yml")
}

func TestAlertRules(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", "rules.yml")
	promtool(t, "test", "rules", "rules_test.yml")
}

// Jobs that run once a day are overdue by another measure than all others.
func TestEveryDailyJobHasItsAlert(t *testing.T) {
	t.Parallel()
	job := regexp.MustCompile(`(?s)cron\.NewJob\("([^"]+)", cron\.JobConfig\{(.*?)\n\}\)`)
	often := regexp.MustCompile(`Every:\s+(1 \* cron\.Hour|\d+ \* cron\.Minute)`)
	var daily []string
	for _, service := range []string{"audit", "auth", "core", "export", "mail", "realtime"} {
		files, err := filepath.Glob("../../" + service + "/*.go")
		require.NoError(t, err)
		for _, name := range files {
			source, err := os.ReadFile(name)
			require.NoError(t, err)
			for _, found := range job.FindAllStringSubmatch(string(source), -1) {
				if !often.MatchString(found[2]) {
					daily = append(daily, found[1])
				}
			}
		}
	}
	slices.Sort(daily)
	require.NotEmpty(t, daily)
	for _, rule := range rules(t) {
		switch rule.Alert {
		case "TrottoirCronOverdue":
			require.Contains(t, rule.Expr, `exported_job!~"`+strings.Join(daily, "|")+`"`)
		case "TrottoirDailyCronOverdue":
			require.Contains(t, rule.Expr, `exported_job=~"`+strings.Join(daily, "|")+`"`)
		}
	}
}

type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func rules(t *testing.T) (list []rule) {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string `json:"name"`
			Rules []rule `json:"rules"`
		} `json:"groups"`
	}
	require.NoError(t, yaml.UnmarshalStrict(read(t, monitoring+"rules.yml"), &file))
	for _, group := range file.Groups {
		list = append(list, group.Rules...)
	}
	require.NotEmpty(t, list)
	return list
}

func TestEveryAlertIsExplainedAndTested(t *testing.T) {
	t.Parallel()
	var sections, alerts []string
	for _, heading := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(string(read(t, "../../docs/alerts.md")), -1) {
		sections = append(sections, heading[1])
	}
	var tests struct {
		Tests []struct {
			Rules []struct {
				Alert    string `json:"alertname"`
				Expected []any  `json:"exp_alerts"`
			} `json:"alert_rule_test"`
		} `json:"tests"`
	}
	require.NoError(t, yaml.Unmarshal(read(t, monitoring+"rules_test.yml"), &tests))
	fires := map[string]bool{}
	for _, test := range tests.Tests {
		for _, r := range test.Rules {
			fires[r.Alert] = fires[r.Alert] || len(r.Expected) > 0
		}
	}
	for _, r := range rules(t) {
		alerts = append(alerts, r.Alert)
		require.Equal(t, "docs/alerts.md#"+strings.ToLower(r.Alert), r.Annotations["runbook"])
		require.NotEmpty(t, r.Annotations["summary"], r.Alert)
		require.Contains(t, []string{"critical", "warning"}, r.Labels["severity"], r.Alert)
		require.True(t, fires[r.Alert], "no test shows that %s fires", r.Alert)
	}
	require.ElementsMatch(t, alerts, sections, "each alert has a section in docs/alerts.md, and each section an alert")
}

// runtimeMetrics returns the names of the metrics that programs have, from the source that registers them.
func runtimeMetrics(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{}
	literal := regexp.MustCompile(`(?:Name: +|NewDesc\()"(encore_[a-z_]+)"`)
	require.NoError(t, filepath.WalkDir("../../tools/encore/runtime/internal/metrics", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		content, err := os.ReadFile(name)
		for _, match := range literal.FindAllStringSubmatch(string(content), -1) {
			names[match[1]] = true
		}
		return err
	}))
	require.Contains(t, names, "encore_http_requests_total")
	// Services declare theirs in their root packages.
	files, err := filepath.Glob("../../*/*.go")
	require.NoError(t, err)
	declared := regexp.MustCompile(`metrics\.New(?:Counter|Gauge)(?:Group)?\[[^(]*\]\("([a-z0-9_]+)"`)
	for _, file := range files {
		for _, match := range declared.FindAllStringSubmatch(string(read(t, file)), -1) {
			names[match[1]] = true
		}
	}
	require.Contains(t, names, "core_outbox_set_aside")
	return slices.Sorted(maps.Keys(names))
}

// foreign are the metrics of others: Prometheus, its client for Go, and its exporters.
var foreign = []string{
	"up", "ALERTS", "probe_success", "probe_ssl_earliest_cert_expiry", "node_filesystem_avail_bytes", "node_filesystem_size_bytes",
	"process_start_time_seconds", "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "process_max_fds",
	"go_goroutines", "go_gc_duration_seconds",
}

// metricsOf returns the names in an expression. It fails when the expression is not one.
func metricsOf(t *testing.T, expr string) (names []string) {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	require.NoError(t, err, expr)
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			names = append(names, selector.Name)
		}
		return nil
	})
	require.NotEmpty(t, names, expr)
	return names
}

func isKnown(name string, runtime []string) bool {
	for _, suffix := range []string{"", "_bucket", "_count", "_sum"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && slices.Contains(runtime, base) {
			return true
		}
	}
	return slices.Contains(foreign, name)
}

func TestAlertsAskForMetricsThatExist(t *testing.T) {
	t.Parallel()
	runtime := runtimeMetrics(t)
	for _, r := range rules(t) {
		for _, name := range metricsOf(t, r.Expr) {
			require.True(t, isKnown(name, runtime), "%s asks for %s, which nobody has", r.Alert, name)
		}
	}
}

// dashboard is the part of Grafana's schema that the dashboard uses; other members are mistakes.
type dashboard struct {
	UID, Title, Description, Timezone, Refresh string
	Tags                                       []string
	SchemaVersion, Version, GraphTooltip       int
	Editable                                   bool
	Time                                       struct{ From, To string }
	Links                                      []any
	Annotations                                struct{ List []map[string]any }
	Templating                                 struct{ List []variable }
	Panels                                     []panel
}

type variable struct {
	Name, Label, Type, Definition, AllValue, Regex string
	Datasource                                     *source
	Query                                          any
	Refresh, Sort, Hide                            int
	Multi, IncludeAll                              bool
	Current                                        map[string]any
	Options                                        []any
}

type source struct{ Type, UID string }

type panel struct {
	ID                       int
	Type, Title, Description string
	Collapsed                bool
	GridPos                  struct{ X, Y, W, H int }
	Datasource               *source
	Panels                   []any
	FieldConfig              struct {
		Defaults  map[string]any
		Overrides []any
	}
	Options map[string]any
	Targets []struct {
		RefID, Expr, LegendFormat, EditorMode string
		Datasource                            source
		Range, Instant                        bool
	}
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	var d dashboard
	decoder := json.NewDecoder(strings.NewReader(string(read(t, monitoring+"grafana/dashboards/trottoir.json"))))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&d))
	require.Equal(t, "trottoir", d.UID)
	require.GreaterOrEqual(t, d.SchemaVersion, 36)

	macros := []string{"__rate_interval"}
	for _, v := range d.Templating.List {
		macros = append(macros, v.Name)
	}
	runtime, shown := runtimeMetrics(t), map[string]bool{}
	ids, cells := map[int]bool{}, map[string]string{}
	for _, p := range d.Panels {
		require.NotEmpty(t, p.Title)
		require.False(t, ids[p.ID], "two panels have the id %d", p.ID)
		ids[p.ID] = true
		require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				cell := fmt.Sprint(x, ",", y)
				require.Empty(t, cells[cell], "%s lies over %s", p.Title, cells[cell])
				cells[cell] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		require.Contains(t, []string{"timeseries", "stat"}, p.Type)
		require.NotEmpty(t, p.Description, "%s says nothing about itself", p.Title)
		require.NotEmpty(t, p.FieldConfig.Defaults["unit"], p.Title)
		require.NotEmpty(t, p.Targets, p.Title)
		for _, target := range p.Targets {
			require.Equal(t, source{"prometheus", "${datasource}"}, target.Datasource, p.Title)
			expr := regexp.MustCompile(`\$(\w+)`).ReplaceAllStringFunc(target.Expr, func(use string) string {
				require.Contains(t, macros, use[1:], "%s uses the variable %s", p.Title, use)
				return "5m"
			})
			for _, name := range metricsOf(t, expr) {
				require.True(t, isKnown(name, runtime), "%s asks for %s, which nobody has", p.Title, name)
				shown[name] = true
			}
		}
	}
	for _, name := range runtime {
		require.True(t, shown[name] || shown[name+"_bucket"], "no panel shows %s", name)
	}
}

func TestGrafanaFindsDashboardAndSource(t *testing.T) {
	t.Parallel()
	var sources struct {
		Datasources []struct{ Name, UID, Type, URL string }
	}
	require.NoError(t, yaml.Unmarshal(read(t, monitoring+"grafana/provisioning/datasources/prometheus.yml"), &sources))
	require.Equal(t, "prometheus", sources.Datasources[0].UID)
	var providers struct {
		Providers []struct {
			Type    string
			Options struct{ Path string }
		}
	}
	require.NoError(t, yaml.Unmarshal(read(t, monitoring+"grafana/provisioning/dashboards/trottoir.yml"), &providers))
	require.Contains(t, string(read(t, "../../docker-compose.monitoring.yml")),
		"./infra/monitoring/grafana/dashboards:"+providers.Providers[0].Options.Path+":ro")
}
