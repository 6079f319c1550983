package metrics

import (
	"maps"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

var (
	connectionsDesc = prometheus.NewDesc("encore_db_connections",
		"Connections of the pool.", []string{"database", "state"}, nil)
	connectionsMaxDesc = prometheus.NewDesc("encore_db_connections_max",
		"Connections that the pool may have.", []string{"database"}, nil)
	acquireWaitDesc = prometheus.NewDesc("encore_db_acquire_wait_seconds_total",
		"Time that queries have waited for a connection because none was free.", []string{"database"}, nil)
)

var pools struct {
	sync.Mutex
	byName map[string]*pgxpool.Pool
}

// WatchPool makes the state of a database's pool be told.
func WatchPool(database string, pool *pgxpool.Pool) {
	pools.Lock()
	defer pools.Unlock()
	if pools.byName == nil {
		pools.byName = map[string]*pgxpool.Pool{}
	}
	pools.byName[database] = pool
}

// databaseCollector reads the pools when Prometheus asks.
type databaseCollector struct{}

// Describe implements prometheus.Collector.
func (databaseCollector) Describe(descs chan<- *prometheus.Desc) {
	descs <- connectionsDesc
	descs <- connectionsMaxDesc
	descs <- acquireWaitDesc
}

// Collect implements prometheus.Collector.
func (databaseCollector) Collect(out chan<- prometheus.Metric) {
	pools.Lock()
	byName := maps.Clone(pools.byName)
	pools.Unlock()
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		stat := byName[name].Stat()
		gauge := func(desc *prometheus.Desc, value int32, labels ...string) {
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), labels...)
		}
		gauge(connectionsDesc, stat.AcquiredConns(), name, "in_use")
		gauge(connectionsDesc, stat.IdleConns(), name, "idle")
		gauge(connectionsMaxDesc, stat.MaxConns(), name)
		out <- prometheus.MustNewConstMetric(acquireWaitDesc, prometheus.CounterValue, stat.EmptyAcquireWaitTime().Seconds(), name)
	}
}
