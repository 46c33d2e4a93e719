package dev.sluice.observe;

import io.prometheus.metrics.core.datapoints.DataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.StatefulMetric;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The metrics, with their names and labels. The monitor must be held to create or to forget series. */
final class MetricFamilies {

    /**
     * In seconds: from the time that a nearby target needs for a small response, to the time after which people have
     * given up.
     */
    private static final double[] BUCKETS = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
    };

    private static final double MILLIS_PER_SECOND = 1000;

    private static final String RULE = "rule";
    private static final String GROUP = "group";
    private static final String TARGET = "target";

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final List<Family> all = new ArrayList<>();

    final Counter requests = counter(
            "sluice_requests_total",
            "Requests that have ended, by the status that the client got.",
            RULE,
            GROUP,
            TARGET,
            "method",
            "status");
    final Counter targetResponses = counter(
            "sluice_target_responses_total",
            "Responses of targets, without those that were dropped because another target was tried.",
            GROUP,
            TARGET,
            "status");
    final Counter failedAttempts = counter(
            "sluice_target_failed_attempts_total",
            "Attempts on a target that failed, by cause.",
            GROUP,
            TARGET,
            "cause");
    final Counter requestBytes = counter(
            "sluice_request_body_bytes_total", "Bytes read of requests' bodies, or sent up tunnels.", GROUP, TARGET);
    final Counter responseBytes = counter(
            "sluice_response_body_bytes_total",
            "Bytes written of responses' bodies, or sent down tunnels.",
            GROUP,
            TARGET);
    final Counter terminations = counter(
            "sluice_terminations_total",
            "Requests that ended abnormally, by the access log's termination state.",
            GROUP,
            TARGET,
            "termination");
    final Counter retries = counter("sluice_retries_total", "Attempts beyond the first of a request.", GROUP);
    final Counter failovers =
            counter("sluice_failovers_total", "Attempts on another target than the previous one.", GROUP);
    final Counter tunnels = counter("sluice_tunnels_total", "Requests that became tunnels.", GROUP);

    final Histogram durations = histogram(
            "sluice_request_duration_seconds",
            "From a request to the end of its response, without tunnels.",
            GROUP,
            TARGET);
    final Histogram queueDurations = histogram(
            "sluice_queue_duration_seconds", "Waits for room at a target, of the requests that had to wait.", GROUP);
    final Histogram connectDurations =
            histogram("sluice_connect_duration_seconds", "Time to make new connections, TLS included.", GROUP, TARGET);
    final Histogram firstByteDurations = histogram(
            "sluice_first_byte_duration_seconds",
            "From sending a request to the head of its target's response.",
            GROUP,
            TARGET);

    /**
     * One of the metrics above, with the positions of its labels rule, group and target; -1 for a label that it does
     * not have.
     */
    private record Family(StatefulMetric<?, ?> metric, int rule, int group, int target) {

        private static @Nullable String value(List<String> labels, int index) {
            return index < 0 ? null : labels.get(index);
        }
    }

    /** Whether a series is still needed. */
    @FunctionalInterface
    interface Presence {
        /** An argument is null if the series has no such label. */
        boolean has(@Nullable String rule, @Nullable String group, @Nullable String target);
    }

    MetricFamilies() {
        JvmMemoryMetrics.builder().register(registry);
        JvmThreadsMetrics.builder().register(registry);
        JvmGarbageCollectorMetrics.builder().register(registry);
        ProcessMetrics.builder().register(registry);
    }

    private Counter counter(String name, String help, String... labels) {
        Counter counter = Counter.builder()
                .name(name)
                .help(help)
                .labelNames(labels)
                .withoutExemplars()
                .register(registry);
        return known(counter, labels);
    }

    private Histogram histogram(String name, String help, String... labels) {
        Histogram histogram = Histogram.builder()
                .name(name)
                .help(help)
                .labelNames(labels)
                .classicOnly()
                .classicUpperBounds(BUCKETS)
                .withoutExemplars()
                .register(registry);
        return known(histogram, labels);
    }

    private <M extends StatefulMetric<?, ?>> M known(M metric, String... labels) {
        List<String> names = List.of(labels);
        all.add(new Family(metric, names.indexOf(RULE), names.indexOf(GROUP), names.indexOf(TARGET)));
        return metric;
    }

    /** The series of these label values, which is made if it does not exist. May be called without the monitor. */
    synchronized <D extends DataPoint> D series(StatefulMetric<D, ?> family, String... labels) {
        return family.labelValues(labels);
    }

    /** Registers the gauge of open tunnels, which the groups count. */
    void tunnelsOpen(Collection<GroupSeries> groups) {
        GaugeWithCallback.builder()
                .name("sluice_tunnels_open")
                .help("Tunnels that are open now.")
                .labelNames(GROUP)
                .callback(gauge -> groups.forEach(group -> group.tellTunnelsOpen(gauge)))
                .register(registry);
    }

    /** Registers the metrics of reloads. To be called when the first configuration has just been put into use. */
    void reloads(Reloads reloads) {
        Instant first = Instant.now();
        CounterWithCallback.builder()
                .name("sluice_config_reloads_total")
                .help("How often the configuration was read again, by whether it was taken.")
                .labelNames("result")
                .callback(counter -> {
                    Reloads.State state = reloads.state();
                    counter.call((double) state.successes(), "success");
                    counter.call((double) state.failures(), "failure");
                })
                .register(registry);
        GaugeWithCallback.builder()
                .name("sluice_config_last_reload_successful")
                .help(
                        "0 if the configuration that was read last is wrong, so that the one before it is in use; else 1.")
                .callback(gauge -> gauge.call(reloads.state().isRefused() ? 0 : 1))
                .register(registry);
        GaugeWithCallback.builder()
                .name("sluice_config_last_reload_success_timestamp_seconds")
                .help("When a configuration was taken for the last time, in seconds since 1970.")
                .callback(gauge -> {
                    Instant last = reloads.state().lastSuccess();
                    gauge.call((last == null ? first : last).toEpochMilli() / MILLIS_PER_SECOND);
                })
                .register(registry);
    }

    void accessLog(AccessLog log) {
        CounterWithCallback.builder()
                .name("sluice_access_log_lost_total")
                .help("Requests missing from the access log, because its queue was full or it could not be written.")
                .callback(counter -> counter.call((double) log.lost()))
                .register(registry);
    }

    List<MetricSnapshot> snapshots() {
        return registry.scrape().stream().toList();
    }

    /** Forgets the series that are no longer needed. Called with the monitor held. */
    void retain(Presence presence) {
        for (Family family : all) {
            family.metric.removeIf(labels -> !presence.has(
                    Family.value(labels, family.rule),
                    Family.value(labels, family.group),
                    Family.value(labels, family.target)));
        }
    }
}
