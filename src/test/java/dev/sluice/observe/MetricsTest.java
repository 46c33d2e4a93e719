package dev.sluice.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MetricsTest {

    private static final Map<String, Set<String>> RULES = Map.of("web", Set.of("/", "/shop"), "api", Set.of("/api"));
    private static final Map<String, Set<String>> TARGETS = Map.of("web", Set.of("a:1", "b:1"), "api", Set.of("c:1"));

    private final AtomicLong nanos = new AtomicLong(TimeUnit.HOURS.toNanos(1));
    private final Metrics metrics = new Metrics();
    private final Observation observation = new Observation(List.of(metrics), nanos::get, () -> 0);

    private void pass(long millis) {
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    private Transaction begin(String method) {
        return observation.begin(method, "/any", "a=b", "HTTP/1.1", null);
    }

    private Transaction routed(String method, String rule, String group) {
        Transaction transaction = begin(method);
        transaction.routed(rule, group);
        return transaction;
    }

    /** A GET that is answered after 20 ms, of which its target takes 10. */
    private void answered(String rule, String group, String target) {
        Transaction transaction = routed("GET", rule, group);
        transaction.attemptStarted(target, target);
        pass(10);
        transaction.sending();
        pass(10);
        transaction.targetAnswered(200);
        transaction.clientAnswered(200);
        transaction.end(0, 100);
    }

    private Transaction tunnel(String group, String target) {
        Transaction transaction = routed("GET", "/", group);
        transaction.attemptStarted(target, target);
        transaction.sending();
        transaction.targetAnswered(101);
        transaction.clientAnswered(101);
        transaction.becameTunnel();
        return transaction;
    }

    private String text(ExpositionFormatWriter format) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        format.write(out, new MetricSnapshots(metrics.snapshots()));
        return out.toString(StandardCharsets.UTF_8);
    }

    /** The lines of Sluice's metrics, without the JVM's. */
    private List<String> lines() throws IOException {
        return text(PrometheusTextFormatWriter.create())
                .lines()
                .filter(line -> line.startsWith("sluice_") || line.matches("# [A-Z]+ sluice_.*"))
                .toList();
    }

    private List<String> samples(String beginning) throws IOException {
        return lines().stream().filter(line -> line.startsWith(beginning)).toList();
    }

    @Test
    void theTextIsExactlyThis() throws IOException {
        Transaction first = routed("POST", "/shop", "web");
        first.queued();
        pass(100);
        first.dequeued();
        first.attemptStarted("a:1", "10.0.0.1:1");
        first.attemptFailed("a:1", AttemptFailure.CONNECT_TIMEOUT);
        first.attemptStarted("b:1", "10.0.0.2:1");
        first.connected(TimeUnit.MILLISECONDS.toNanos(3));
        pass(20);
        first.sending();
        pass(300);
        first.targetAnswered(404);
        first.clientAnswered(404);
        pass(2_000);
        first.end(11, 22);

        Transaction refused = begin("TRACE");
        refused.failed(TerminationCause.PROXY, Phase.REQUEST, "this method is never forwarded");
        refused.clientAnswered(405);
        refused.end(0, 0);

        assertThat(String.join("\n", lines()) + "\n").isEqualTo(expected());
    }

    private static String expected() throws IOException {
        try (InputStream file = MetricsTest.class.getResourceAsStream("metrics.txt")) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void openMetricsEndsAsItShould() throws IOException {
        answered("/", "web", "a:1");
        assertThat(text(OpenMetricsTextFormatWriter.builder().build()))
                .contains("# TYPE sluice_requests counter\n")
                .contains(
                        "sluice_requests_total{group=\"web\",method=\"GET\",rule=\"/\",status=\"2xx\",target=\"a:1\"} 1.0\n")
                .endsWith("# EOF\n");
    }

    @Test
    void whatAClientMakesUpIsNoLabel() throws IOException {
        for (String method : List.of("BREW", "get", "GET ", "x".repeat(1000), "\"} 1\n", "other", "TRACE", "CONNECT")) {
            Transaction transaction =
                    observation.begin(method, "/" + method + "/secret-path", "secret=query", "HTTP/" + method, null);
            transaction.routed("/", "web");
            transaction.clientAnswered(200);
            transaction.end(0, 0);
        }
        for (int status : new int[] {0, 99, 600, 999, Integer.MAX_VALUE}) {
            Transaction transaction = routed("GET", "/", "web");
            transaction.clientAnswered(status);
            transaction.end(0, 0);
        }
        assertThat(samples("sluice_requests_total"))
                .containsExactly(
                        "sluice_requests_total{group=\"web\",method=\"GET\",rule=\"/\",status=\"5xx\",target=\"\"} 3.0",
                        "sluice_requests_total{group=\"web\",method=\"GET\",rule=\"/\",status=\"none\",target=\"\"} 2.0",
                        "sluice_requests_total{group=\"web\",method=\"other\",rule=\"/\",status=\"2xx\",target=\"\"} 8.0");
        assertThat(String.join("\n", lines())).doesNotContain("secret").doesNotContain("BREW");
    }

    @Test
    void aTunnelIsOpenUntilItEndsAndSaysNothingOfDurations() throws IOException {
        Transaction tunnel = tunnel("web", "a:1");
        assertThat(samples("sluice_tunnels_open")).containsExactly("sluice_tunnels_open{group=\"web\"} 1.0");
        assertThat(samples("sluice_tunnels_total")).containsExactly("sluice_tunnels_total{group=\"web\"} 1.0");
        assertThat(samples("sluice_requests_total")).isEmpty();
        pass(1_000_000);
        tunnel.end(7, 8);
        assertThat(samples("sluice_tunnels_open")).containsExactly("sluice_tunnels_open{group=\"web\"} 0.0");
        assertThat(samples("sluice_tunnels_total")).containsExactly("sluice_tunnels_total{group=\"web\"} 1.0");
        assertThat(samples("sluice_requests_total"))
                .containsExactly(
                        "sluice_requests_total{group=\"web\",method=\"GET\",rule=\"/\",status=\"1xx\",target=\"a:1\"} 1.0");
        assertThat(samples("sluice_request_duration_seconds")).isEmpty();
        assertThat(samples("sluice_request_body_bytes_total"))
                .containsExactly("sluice_request_body_bytes_total{group=\"web\",target=\"a:1\"} 7.0");
    }

    @Test
    void howItEndedHasTheLettersOfTheLog() throws IOException {
        for (int i = 0; i < 2; i++) {
            Transaction transaction = routed("GET", "/", "web");
            transaction.attemptStarted("a:1", "a:1");
            transaction.sending();
            transaction.failed(TerminationCause.TARGET_TIMEOUT, null, "it stayed silent");
            transaction.clientAnswered(504);
            transaction.end(0, 0);
        }
        answered("/", "web", "a:1");
        assertThat(samples("sluice_terminations_total"))
                .containsExactly("sluice_terminations_total{group=\"web\",target=\"a:1\",termination=\"sH\"} 2.0");
    }

    @Test
    void whatIsGoneIsForgottenWhenThatIsSaidTwice() throws IOException {
        answered("/", "web", "a:1");
        answered("/shop", "web", "a:1");
        answered("/", "web", "b:1");
        answered("/api", "api", "c:1");
        begin("GET").end(0, 0);
        metrics.retain(RULES, TARGETS);
        metrics.retain(RULES, TARGETS);
        assertThat(samples("sluice_requests_total")).hasSize(5);

        Map<String, Set<String>> fewerRules = Map.of("web", Set.of("/"));
        Map<String, Set<String>> fewerTargets = Map.of("web", Set.of("a:1"));
        List<String> before = lines();
        metrics.retain(fewerRules, fewerTargets);
        assertThat(lines()).isEqualTo(before);
        metrics.retain(fewerRules, fewerTargets);
        assertThat(samples("sluice_requests_total"))
                .containsExactly(
                        "sluice_requests_total{group=\"\",method=\"GET\",rule=\"\",status=\"none\",target=\"\"} 1.0",
                        "sluice_requests_total{group=\"web\",method=\"GET\",rule=\"/\",status=\"2xx\",target=\"a:1\"} 1.0");
        assertThat(String.join("\n", lines())).doesNotContain("b:1").doesNotContain("api");

        answered("/", "web", "a:1");
        answered("/", "web", "b:1");
        assertThat(samples("sluice_requests_total{group=\"web\""))
                .containsExactly(
                        "sluice_requests_total{group=\"web\",method=\"GET\",rule=\"/\",status=\"2xx\",target=\"a:1\"} 2.0",
                        "sluice_requests_total{group=\"web\",method=\"GET\",rule=\"/\",status=\"2xx\",target=\"b:1\"} 1.0");
    }

    @Test
    void whatWasMissingOnceAndIsBackIsKept() throws IOException {
        answered("/", "web", "a:1");
        for (int i = 0; i < 3; i++) {
            metrics.retain(Map.of(), Map.of());
            metrics.retain(RULES, TARGETS);
        }
        assertThat(samples("sluice_requests_total")).hasSize(1);
    }

    @Test
    void aGroupStaysWhileItHasATunnel() throws IOException {
        Transaction tunnel = tunnel("api", "c:1");
        for (int i = 0; i < 3; i++) {
            metrics.retain(Map.of(), Map.of());
        }
        assertThat(samples("sluice_tunnels_open")).containsExactly("sluice_tunnels_open{group=\"api\"} 1.0");
        tunnel.end(0, 0);
        assertThat(samples("sluice_tunnels_open")).containsExactly("sluice_tunnels_open{group=\"api\"} 0.0");
        for (int i = 0; i < 2; i++) {
            metrics.retain(Map.of(), Map.of());
        }
        assertThat(lines()).noneMatch(line -> line.contains("api"));
    }

    /** Targets come and go while others are counted, and while the metrics are read. */
    @Test
    void nothingIsLostOfWhatStays() throws Exception {
        int threads = 4;
        int requests = 5_000;
        ExecutorService clients = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                running.add(clients.submit(() -> {
                    for (int i = 0; i < requests; i++) {
                        answered("/", "web", "a:1");
                        answered("/", "web", "gone:" + i % 10);
                        answered("/", "gone" + i % 10, "x:1");
                    }
                }));
            }
            double before = 0;
            while (!running.stream().allMatch(Future::isDone)) {
                metrics.retain(RULES, TARGETS);
                double now = requestsOfWhatStays();
                assertThat(now).isGreaterThanOrEqualTo(before);
                before = now;
            }
            for (Future<?> done : running) {
                done.get();
            }
        } finally {
            clients.shutdownNow();
        }
        metrics.retain(RULES, TARGETS);
        metrics.retain(RULES, TARGETS);
        assertThat(samples("sluice_requests_total"))
                .containsExactly(
                        "sluice_requests_total{group=\"web\",method=\"GET\",rule=\"/\",status=\"2xx\",target=\"a:1\"} "
                                + (double) (threads * requests));
        assertThat(samples("sluice_request_duration_seconds_count"))
                .containsExactly(
                        "sluice_request_duration_seconds_count{group=\"web\",target=\"a:1\"} " + threads * requests);
    }

    private double requestsOfWhatStays() throws IOException {
        return samples("sluice_requests_total").stream()
                .filter(sample -> sample.contains("target=\"a:1\""))
                .mapToDouble(sample -> Double.parseDouble(sample.substring(sample.lastIndexOf(' '))))
                .sum();
    }
}
