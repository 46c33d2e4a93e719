package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks that the metrics named by the alerts, the dashboard and the README exist, and that Prometheus' own tool
 * accepts the metrics and the alerts.
 */
class MonitoringTest {

    private static final String ALERTS = "src/monitoring/alerts.yml";
    private static final String ALERTS_TEST = "src/monitoring/alerts-test.yml";
    private static final String DASHBOARD = "src/monitoring/grafana-dashboard.json";

    private static final Pattern NAME = Pattern.compile("\\b(sluice|jvm|process)(_[a-z]+)+\\b");
    private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$");
    private static final int PATIENCE_SECONDS = 60;

    private static String scraped;

    @TempDir
    private Path directory;

    /** Scrapes after requests of all kinds, so that nearly all metrics have a value. */
    @BeforeAll
    static void scrape() throws Exception {
        try (ProxyInJetty proxy = new ProxyInJetty("ADMIN_PATH", "/-/sluice", "ACCESS_LOG", "json")) {
            proxy.ask("127.0.0.1", "GET / HTTP/1.1", "Host: shop.example");
            proxy.answer(request -> "what?\r\n\r\n");
            proxy.ask("127.0.0.1", "GET / HTTP/1.1", "Host: shop.example");
            proxy.answer(request -> "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
            proxy.ask("127.0.0.1", "GET / HTTP/1.1", "Host: shop.example", "Upgrade: echo");
            URI address = URI.create("http://127.0.0.1:" + proxy.port() + "/-/sluice/metrics");
            scraped = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString())
                    .body();
        }
    }

    /**
     * The names of all series: those of the scrape, and those of {@code metrics.txt}, which has requests that waited
     * too.
     */
    private static Set<String> known() throws IOException {
        Set<String> names = new TreeSet<>();
        try (InputStream file = MonitoringTest.class.getResourceAsStream("observe/metrics.txt")) {
            String counted = new String(file.readAllBytes(), StandardCharsets.UTF_8);
            TYPE.matcher(scraped + counted).results().forEach(type -> names.addAll(series(type)));
        }
        return names;
    }

    private static List<String> series(MatchResult type) {
        String name = type.group(1);
        return switch (type.group(2)) {
            case "histogram" -> List.of(name, name + "_bucket", name + "_count", name + "_sum");
            case "summary" -> List.of(name, name + "_count", name + "_sum");
            default -> List.of(name);
        };
    }

    private static List<String> named(String file) throws IOException {
        return NAME.matcher(Files.readString(Path.of(file)))
                .results()
                .map(MatchResult::group)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {ALERTS, DASHBOARD, "README.md"})
    void whatIsNamedIsThere(String file) throws IOException {
        assertThat(named(file)).isNotEmpty().isSubsetOf(known());
    }

    @Test
    void theReadmeNamesAllThatAreSluices() throws IOException {
        List<String> families = known().stream()
                .filter(name -> name.startsWith("sluice_"))
                .filter(name -> !name.matches(".*_seconds_(bucket|count|sum)"))
                .toList();
        assertThat(named("README.md")).containsAll(families);
    }

    @Test
    void prometheusReadsTheMetrics() throws Exception {
        assertThat(promtool(scraped, "check", "metrics")).isEmpty();
    }

    @Test
    void prometheusReadsTheAlerts() throws Exception {
        assertThat(promtool("", "check", "rules", ALERTS)).contains("SUCCESS");
    }

    @Test
    void alertsComeWhenTheyShouldAndNotElse() throws Exception {
        assertThat(promtool("", "test", "rules", ALERTS_TEST)).contains("SUCCESS");
    }

    /** Runs promtool, which must succeed. Returns its output. */
    private String promtool(String input, String... arguments) throws IOException, InterruptedException {
        assumeTrue(isInstalled(), "promtool is not installed: it is in Debian's package prometheus");
        List<String> command = new ArrayList<>(List.of("promtool"));
        command.addAll(List.of(arguments));
        File said = directory.resolve("said").toFile();
        Path stdin = Files.writeString(directory.resolve("stdin"), input);
        Process process = new ProcessBuilder(command)
                .redirectInput(stdin.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said)
                .start();
        try {
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            String text = Files.readString(said.toPath());
            assertThat(process.exitValue()).as(text).isZero();
            return text;
        } finally {
            process.destroyForcibly();
        }
    }

    private static boolean isInstalled() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "promtool")));
    }
}
