package dev.sluice.contract;

import static dev.sluice.contract.Stage.ADMIN_PATH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.WaitingScript;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What Prometheus gets, and that it counts what has happened. */
interface MetricsContract extends Contract {

    private Reply metrics(String... fieldLines) throws IOException {
        return ask("GET " + ADMIN_PATH + "/metrics HTTP/1.1", scene(Script.OK), fieldLines);
    }

    /** The value of the only series with this name and all of these labels; 0 if there is none. */
    private double value(String name, String... labels) throws IOException {
        List<String> lines = metrics()
                .text()
                .lines()
                .filter(line -> line.startsWith(name + "{"))
                .filter(line -> List.of(labels).stream().allMatch(line::contains))
                .toList();
        assertThat(lines).hasSizeLessThanOrEqualTo(1);
        return lines.isEmpty() ? 0 : Double.parseDouble(lines.get(0).replaceFirst(".*} ", ""));
    }

    /** A client may have its response before the request is counted. */
    private void awaitValue(double expected, String name, String... labels) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(() -> assertThat(value(name, labels)).isEqualTo(expected));
    }

    @Test
    default void bothFormatsAreThere() throws IOException {
        Reply text = metrics();
        assertThat(text.status()).isEqualTo(200);
        assertThat(text.field("Content-Type")).isEqualToIgnoringWhitespace("text/plain; version=0.0.4; charset=utf-8");
        assertThat(text.field("Cache-Control")).isEqualTo("no-store");
        assertThat(text.text())
                .contains("\n# TYPE sluice_requests_in_flight gauge\n")
                .contains("\n# TYPE jvm_memory_used_bytes gauge\n");

        Reply openMetrics = metrics("Accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                + "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.4,"
                + "text/plain;version=0.0.4;q=0.3,*/*;q=0.1");
        assertThat(openMetrics.status()).isEqualTo(200);
        assertThat(openMetrics.field("Content-Type"))
                .isEqualToIgnoringWhitespace("application/openmetrics-text; version=1.0.0; charset=utf-8");
        assertThat(openMetrics.text()).contains("\n# TYPE sluice_build info\n").endsWith("# EOF\n");

        Reply protobuf = metrics("Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily");
        assertThat(protobuf.field("Content-Type")).startsWith("text/plain");

        Reply head = ask("HEAD " + ADMIN_PATH + "/metrics HTTP/1.1", scene(Script.OK));
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.text()).isEmpty();
    }

    @Test
    default void aRequestIsCountedOnceByRuleGroupAndTarget() throws IOException {
        String[] labels = {
            "group=\"versioned\"", "method=\"PATCH\"", "rule=\"/below\"", "status=\"2xx\"", "target=\"" + scriptedV1()
        };
        double before = value("sluice_requests_total", labels);
        assertThat(ask("PATCH /below/x HTTP/1.1", scene(Script.OK), "Content-Length: 0")
                        .status())
                .isEqualTo(200);
        awaitValue(before + 1, "sluice_requests_total", labels);
    }

    private String scriptedV1() {
        return stage().scripted().address() + "/v1\"";
    }

    @Test
    default void whatIsInFlightIsSeen() throws IOException {
        WaitingScript waiting = new WaitingScript();
        Scene scene = scene(waiting);
        String[] labels = {"group=\"preserved\""};
        double before = value("sluice_requests_in_flight", labels);
        try (Wire client = connect()) {
            sendHead(client, "GET /preserved HTTP/1.1", scene);
            waiting.awaitRequest();
            assertThat(value("sluice_requests_in_flight", labels)).isEqualTo(before + 1);
            assertThat(value("sluice_connections", "group=\"preserved\"", "state=\"leased\""))
                    .isPositive();
            waiting.answer();
            assertThat(client.readReply().text()).isEqualTo(WaitingScript.TEXT);
        }
        awaitValue(before, "sluice_requests_in_flight", labels);
    }

    /** The second attempt on a target used to be missing. */
    @Test
    default void eachAttemptOnATargetCounts() throws IOException {
        Scene scene = scene(Script.OK_ONCE);
        String[] labels = {"group=\"preserved\""};
        String[] closed = {"group=\"preserved\"", "cause=\"closed\""};
        double before = value("sluice_target_attempts_total", labels);
        double closedBefore = value("sluice_target_failed_attempts_total", closed);
        for (int i = 0; i < 4; i++) {
            assertThat(get("/preserved", scene).status()).isEqualTo(200);
        }
        int attempts = scene.requests().size();
        assertThat(attempts).isGreaterThan(4);
        awaitValue(before + attempts, "sluice_target_attempts_total", labels);
        awaitValue(closedBefore + attempts - 4, "sluice_target_failed_attempts_total", closed);
    }

    @Test
    default void noLabelIsAClients() throws IOException {
        double before = value("sluice_requests_total", "group=\"limited\"", "method=\"other\"", "status=\"2xx\"");
        for (String method : List.of("ODDBREW", "oddget", "ODD-X")) {
            assertThat(ask(
                                    method + " /limited/oddpath?oddquery HTTP/1.1",
                                    scene(Script.OK),
                                    "X-Odd: oddfield",
                                    "Content-Length: 0")
                            .status())
                    .isEqualTo(200);
        }
        ask("ODDBREW /oddly/unrouted HTTP/1.1", scene(Script.OK), "X-Forwarded-Host: oddhost");
        awaitValue(before + 3, "sluice_requests_total", "group=\"limited\"", "method=\"other\"", "status=\"2xx\"");
        assertThat(metrics().text().toLowerCase(Locale.ROOT)).doesNotContain("odd");
    }
}
