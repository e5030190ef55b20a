package httpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracing sends spans to an OTLP endpoint over HTTP, such as
// http://collector:4318 (the standard path /v1/traces is added where there is
// none), and returns what flushes and ends it. With an empty endpoint it does
// nothing. The service's name and version are the
// program's; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override them, and
// OTEL_TRACES_SAMPLER samples.
func Tracing(ctx context.Context, endpoint string) (stop func(context.Context) error, err error) {
	if endpoint == "" {
		return func(context.Context) error { return nil }, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("tracing: the endpoint must be a URL like http://collector:4318")
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()))
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	res, err := resource.New(ctx, resource.WithAttributes(program()...), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	p := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(res))
	otel.SetTracerProvider(p)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { slog.Warn("tracing", "error", err.Error()) }))
	return p.Shutdown, nil
}

// program names the main module by its last element, such as bihuan.
func program() []attribute.KeyValue {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path == "" {
		return nil
	}
	return []attribute.KeyValue{
		attribute.String("service.name", path.Base(info.Main.Path)), attribute.String("service.version", info.Main.Version),
	}
}

var traceContext = propagation.TraceContext{}

func (s *Server) startSpan(ctx context.Context, r *http.Request) (context.Context, trace.Span) {
	if s.fromProxy(r) {
		ctx = traceContext.Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	return otel.Tracer("httpd").Start(ctx, methodOf(r.Method), trace.WithSpanKind(trace.SpanKindServer))
}

func endSpan(span trace.Span, method, route string, status int) {
	span.SetName(methodOf(method) + " " + route)
	span.SetAttributes(
		attribute.String("http.request.method", methodOf(method)), attribute.String("http.route", route),
		attribute.Int("http.response.status_code", status))
	if status >= 500 {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
