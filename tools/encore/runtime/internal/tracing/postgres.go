package tracing

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Postgres makes spans of the statements that requests run on a database. Their texts are exported, their arguments are
// not.
type Postgres struct{ Database string }

var (
	_ pgx.QueryTracer    = Postgres{}
	_ pgx.BatchTracer    = Postgres{}
	_ pgx.CopyFromTracer = Postgres{}
)

type statementKey struct{}

func (p Postgres) start(ctx context.Context, name, text string) context.Context {
	if !On() {
		return ctx
	}
	below, ok := parent(ctx)
	if !ok {
		return ctx // nobody asked for it: the pool's own work
	}
	attributes := []attribute.KeyValue{
		attribute.String("db.system.name", "postgresql"), attribute.String("db.namespace", p.Database),
	}
	if text != "" {
		attributes = append(attributes, attribute.String("db.query.text", text))
	}
	below, span := start(below, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
	return context.WithValue(below, statementKey{}, span)
}

func end(ctx context.Context, err error) {
	span, ok := ctx.Value(statementKey{}).(trace.Span)
	if !ok {
		return
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		kind := "connection"
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
			kind = pgErr.Code
			span.SetAttributes(attribute.String("db.response.status_code", pgErr.Code))
		}
		span.SetAttributes(attribute.String("error.type", kind))
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// TraceQueryStart begins the span of a statement.
func (p Postgres) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return p.start(ctx, statementName(data.SQL), data.SQL)
}

// TraceQueryEnd ends the span of a statement.
func (Postgres) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	end(ctx, data.Err)
}

// TraceBatchStart begins the span of a batch.
func (p Postgres) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	var texts []string
	for _, query := range data.Batch.QueuedQueries {
		texts = append(texts, query.SQL)
	}
	return p.start(ctx, "BATCH", strings.Join(texts, ";\n"))
}

// TraceBatchQuery is told of a statement of a batch, which has no span of its own.
func (Postgres) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd ends the span of a batch.
func (Postgres) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	end(ctx, data.Err)
}

// TraceCopyFromStart begins the span of a COPY.
func (p Postgres) TraceCopyFromStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceCopyFromStartData) context.Context {
	return p.start(ctx, "COPY "+data.TableName.Sanitize(), "")
}

// TraceCopyFromEnd ends the span of a COPY.
func (Postgres) TraceCopyFromEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceCopyFromEndData) {
	end(ctx, data.Err)
}

// statementName is the name that sqlc gives a query in its first line, else the first word of the statement.
func statementName(text string) string {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "-- name: "); ok {
		name, _, _ := strings.Cut(rest, " ")
		return name
	}
	word := text
	if i := strings.IndexAny(text, " \t\r\n(;"); i >= 0 {
		word = text[:i]
	}
	return cmp.Or(strings.ToUpper(word), "SQL")
}
