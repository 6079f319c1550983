// Package metrics lets an application count and measure what it does.
//
// Metrics are declared in package-level variables of services. They are told to Prometheus with those of the runtime,
// under their names; a counter begins at 0 when the program starts. The fields of a struct of labels become labels, their
// names in snake_case: PaymentKind is payment_kind.
package metrics

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"
)

// Value is what a metric is a number of.
type Value interface {
	uint64 | int64 | float64
}

// Labels is a struct whose fields are strings, booleans or whole numbers.
type Labels interface {
	comparable
}

// CounterConfig configures a counter.
type CounterConfig struct{}

// GaugeConfig configures a gauge.
type GaugeConfig struct{}

// Counter only grows.
type Counter[V Value] struct{ counter prometheus.Counter }

// NewCounter declares a counter. The name must be a literal in snake_case, and unique in the application.
func NewCounter[V Value](name string, _ CounterConfig) *Counter[V] {
	vector := newCounter(name, nil)
	return &Counter[V]{vector.WithLabelValues()}
}

// Increment adds 1.
func (c *Counter[V]) Increment() { c.counter.Inc() }

// Add adds delta. It panics when delta is negative.
func (c *Counter[V]) Add(delta V) { c.counter.Add(float64(delta)) }

// CounterGroup is a counter for each combination of labels.
type CounterGroup[L Labels, V Value] struct{ vector *prometheus.CounterVec }

// NewCounterGroup declares a group of counters. The name must be a literal in snake_case, and unique in the application.
func NewCounterGroup[L Labels, V Value](name string, _ CounterConfig) *CounterGroup[L, V] {
	return &CounterGroup[L, V]{newCounter(name, labelNames(name, reflect.TypeFor[L]()))}
}

// With returns the counter of these labels.
func (g *CounterGroup[L, V]) With(labels L) *Counter[V] {
	return &Counter[V]{g.vector.WithLabelValues(labelValues(labels)...)}
}

// Gauge goes up and down.
type Gauge[V Value] struct{ gauge prometheus.Gauge }

// NewGauge declares a gauge. The name must be a literal in snake_case, and unique in the application.
func NewGauge[V Value](name string, _ GaugeConfig) *Gauge[V] {
	return &Gauge[V]{newGauge(name, nil).WithLabelValues()}
}

// Set sets the value.
func (g *Gauge[V]) Set(val V) { g.gauge.Set(float64(val)) }

// Add adds val, which may be negative.
func (g *Gauge[V]) Add(val V) { g.gauge.Add(float64(val)) }

// GaugeGroup is a gauge for each combination of labels.
type GaugeGroup[L Labels, V Value] struct{ vector *prometheus.GaugeVec }

// NewGaugeGroup declares a group of gauges. The name must be a literal in snake_case, and unique in the application.
func NewGaugeGroup[L Labels, V Value](name string, _ GaugeConfig) *GaugeGroup[L, V] {
	return &GaugeGroup[L, V]{newGauge(name, labelNames(name, reflect.TypeFor[L]()))}
}

// With returns the gauge of these labels.
func (g *GaugeGroup[L, V]) With(labels L) *Gauge[V] {
	return &Gauge[V]{g.vector.WithLabelValues(labelValues(labels)...)}
}

func newCounter(name string, labels []string) *prometheus.CounterVec {
	vector := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: "A counter of the application."}, labels)
	register(name, vector)
	return vector
}

func newGauge(name string, labels []string) *prometheus.GaugeVec {
	vector := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: "A gauge of the application."}, labels)
	register(name, vector)
	return vector
}

func register(name string, metric prometheus.Collector) {
	if err := prometheus.Register(metric); err != nil {
		panic(fmt.Sprintf("metrics: %s: %v", name, err))
	}
}

func labelNames(name string, labels reflect.Type) []string {
	if labels.Kind() != reflect.Struct {
		panic(fmt.Sprintf("metrics: %s: its labels are not a struct", name))
	}
	var names []string
	for field := range labels.Fields() {
		switch field.Type.Kind() {
		case reflect.String, reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
			reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		default:
			panic(fmt.Sprintf("metrics: %s: the label %s must be a string, a boolean or a whole number", name, field.Name))
		}
		names = append(names, snakeCase(field.Name))
	}
	return names
}

func labelValues(labels any) []string {
	var values []string
	for _, value := range reflect.ValueOf(labels).Fields() {
		switch {
		case value.Kind() == reflect.String:
			values = append(values, value.String())
		case value.Kind() == reflect.Bool:
			values = append(values, strconv.FormatBool(value.Bool()))
		case value.CanInt():
			values = append(values, strconv.FormatInt(value.Int(), 10))
		default:
			values = append(values, strconv.FormatUint(value.Uint(), 10))
		}
	}
	return values
}

// snakeCase begins a word where a lower-case letter is followed by an upper-case one, and at the last of several
// upper-case ones when a lower-case one follows.
func snakeCase(name string) string {
	var b strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		begins := i > 0 && unicode.IsUpper(r) &&
			(!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		if begins {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
