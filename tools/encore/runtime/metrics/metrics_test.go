//go:build !encore_app

package metrics_test

import (
	"strings"
	"testing"

	"encore.dev/metrics"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

type labels struct {
	PaymentKind string
	InTime      bool
	HTTPStatus  int
	Floor       uint8
}

var (
	orders  = metrics.NewCounter[uint64]("orders_total", metrics.CounterConfig{})
	paid    = metrics.NewCounterGroup[labels, int64]("paid_total", metrics.CounterConfig{})
	waiting = metrics.NewGauge[float64]("waiting_seconds", metrics.GaugeConfig{})
	stock   = metrics.NewGaugeGroup[labels, int64]("stock", metrics.GaugeConfig{})
)

// told returns the lines of the metrics of this test.
func told(t *testing.T) []string {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	require.NoError(t, err)
	var lines []string
	for _, family := range families {
		if strings.HasPrefix(family.GetName(), "go_") || strings.HasPrefix(family.GetName(), "process_") {
			continue
		}
		for _, metric := range family.GetMetric() {
			lines = append(lines, family.GetName()+" "+metric.String())
		}
	}
	return lines
}

func TestMetricsAreToldToPrometheus(t *testing.T) {
	require.Len(t, told(t), 2, "what has no labels is told from the start")
	orders.Increment()
	orders.Add(2)
	paid.With(labels{"cash", true, 200, 3}).Increment()
	paid.With(labels{"cash", true, 200, 3}).Add(4)
	waiting.Set(1.5)
	waiting.Add(-0.5)
	stock.With(labels{PaymentKind: "card"}).Set(-7)
	text := strings.ReplaceAll(strings.Join(told(t), "\n"), "  ", " ")
	for _, want := range []string{
		"orders_total counter:{value:3 ",
		`label:{name:"floor" value:"3"} label:{name:"http_status" value:"200"} label:{name:"in_time" value:"true"} ` +
			`label:{name:"payment_kind" value:"cash"} counter:{value:5 `,
		"waiting_seconds gauge:{value:1}",
		`label:{name:"payment_kind" value:"card"} gauge:{value:-7}`,
	} {
		require.Contains(t, text, want)
	}
	require.Panics(t, func() { paid.With(labels{}).Add(-1) })
	require.Panics(t, func() { metrics.NewGauge[int64]("orders_total", metrics.GaugeConfig{}) }, "a name taken")
	require.Panics(t, func() { metrics.NewGaugeGroup[struct{ Share float64 }, int64]("shares", metrics.GaugeConfig{}) })
	require.Panics(t, func() { metrics.NewGaugeGroup[string, int64]("names", metrics.GaugeConfig{}) })
}
