package dev.sluice.admin;

import dev.sluice.observe.Metrics;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/**
 * The metrics page for Prometheus: OpenMetrics 1.0 for clients that prefer it, otherwise the Prometheus text format
 * 0.0.4, which all clients read. With a thousand targets it has megabytes, and gzip reduces it to a twentieth. Safe for
 * use by many threads.
 */
final class MetricsPage implements Page {

    private static final String OPEN_METRICS = "application/openmetrics-text";

    private final Metrics metrics;
    private final StateMetrics state;
    private final ExpositionFormatWriter openMetrics =
            OpenMetricsTextFormatWriter.builder().build();
    private final ExpositionFormatWriter text = PrometheusTextFormatWriter.create();

    MetricsPage(Metrics metrics, StateMetrics state) {
        this.metrics = metrics;
        this.state = state;
    }

    /** Blocks until the client has taken the body, as {@link Answer#send} does. */
    @Override
    public void serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
        ExpositionFormatWriter format = Accept.prefersToText(request, OPEN_METRICS) ? openMetrics : text;
        boolean gzip = AcceptEncoding.takesGzip(request);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (OutputStream out = gzip ? new GZIPOutputStream(body) : body) {
            format.write(out, snapshots());
        }
        response.setHeader("Vary", "Accept, Accept-Encoding");
        if (gzip) {
            response.setHeader("Content-Encoding", "gzip");
        }
        response.setContentType(format.getContentType());
        response.setContentLength(body.size());
        if (!request.getMethod().equals("HEAD")) {
            body.writeTo(response.getOutputStream());
        }
    }

    private MetricSnapshots snapshots() {
        List<MetricSnapshot> all = new ArrayList<>(metrics.snapshots());
        all.addAll(state.snapshots());
        return new MetricSnapshots(all);
    }
}
