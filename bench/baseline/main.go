//go:build !encore_app

// Baseline is the server that a careful developer writes by hand with net/http, pgx and log/slog: the same two
// endpoints, the same answers, one log line a request.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"log/slog"
	"net/http"
	_ "net/http/pprof" // on a port of its own, see main
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

type pingResponse struct {
	Message string `json:"message"`
}

type building struct {
	ID            int64  `json:"id"`
	Name          string `json:"name"`
	Street        string `json:"street"`
	HouseNumber   string `json:"house_number"`
	PostalCode    string `json:"postal_code"`
	City          string `json:"city"`
	AgreedMinutes int32  `json:"agreed_minutes"`
}

func main() {
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	config.MaxConns = 30 // as the configuration of the application says
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, pingResponse{Message: "pong"})
	})
	mux.HandleFunc("GET /buildings/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		if err != nil {
			answer(w, http.StatusBadRequest, map[string]string{"code": "invalid_argument", "message": err.Error()})
			return
		}
		var b building
		err = pool.QueryRow(r.Context(), `
			SELECT id, name, street, house_number, postal_code, city, agreed_minutes FROM building WHERE id = $1
		`, id).Scan(&b.ID, &b.Name, &b.Street, &b.HouseNumber, &b.PostalCode, &b.City, &b.AgreedMinutes)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			answer(w, http.StatusNotFound, map[string]string{"code": "not_found", "message": "there is no such building"})
		case err != nil:
			answer(w, http.StatusInternalServerError, map[string]string{"code": "internal", "message": "read the building"})
		default:
			answer(w, http.StatusOK, b)
		}
	})
	if addr := os.Getenv("PPROF_ADDR"); addr != "" {
		go func() { log.Print(http.ListenAndServe(addr, nil)) }()
	}
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	server := &http.Server{Addr: os.Getenv("LISTEN_ADDR"), Handler: logged(logger, mux), ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		slog.Error("write the answer", "error", err)
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func logged(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(sw, r)
		logger.Info("request completed", "method", r.Method, "path", r.URL.Path, "status", sw.status,
			"duration", float64(time.Since(start).Microseconds())/1000)
	})
}
