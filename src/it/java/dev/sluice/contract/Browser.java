package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.contract.wire.Wire;
import dev.sluice.observe.Json;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A headless Chromium with one page, controlled through the DevTools protocol. .ci/run installs it; where it is
 * missing, tests are skipped. Not thread-safe.
 */
final class Browser implements Closeable {

    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Duration START = Wire.PATIENCE.multipliedBy(2);

    private static final Pattern PAGE =
            Pattern.compile("\"type\": \"page\".*?\"webSocketDebuggerUrl\": \"([^\"]+)\"", Pattern.DOTALL);
    private static final Pattern ID = Pattern.compile("^\\{\"id\":(\\d+),");
    private static final Pattern VALUE = Pattern.compile("\"value\":\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern COMPLAINT =
            Pattern.compile("^\\{\"method\":\"(Runtime.exceptionThrown|Runtime.consoleAPICalled|Log.entryAdded)\"");

    private final Process process;
    private final Map<Integer, CompletableFuture<String>> answers = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final WebSocket devTools;
    private int commands;

    private Browser(Process process, Path profile) {
        this.process = process;
        this.devTools = connect(profile);
        command("Runtime.enable", Map.of());
        command("Log.enable", Map.of());
        command("Page.enable", Map.of());
    }

    /** @param profile an empty directory */
    static Browser start(Path profile, String url) throws IOException {
        assumeTrue(Files.isExecutable(CHROMIUM), "there is no " + CHROMIUM);
        Process process = new ProcessBuilder(
                        CHROMIUM.toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--user-data-dir=" + profile,
                        "--remote-debugging-port=0",
                        url)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            return new Browser(process, profile);
        } catch (RuntimeException | Error e) {
            end(process);
            throw e;
        }
    }

    private WebSocket connect(Path profile) {
        HttpClient client = HttpClient.newHttpClient();
        Path port = profile.resolve("DevToolsActivePort");
        String page = await().atMost(START)
                .ignoreExceptions()
                .until(
                        () -> {
                            URI pages = URI.create("http://127.0.0.1:"
                                    + Files.readAllLines(port).get(0) + "/json");
                            Matcher matcher = PAGE.matcher(
                                    client.send(HttpRequest.newBuilder(pages).build(), BodyHandlers.ofString())
                                            .body());
                            return matcher.find() ? matcher.group(1) : "";
                        },
                        found -> !found.isEmpty());
        return client.newWebSocketBuilder()
                .buildAsync(URI.create(page), new Listener())
                .join();
    }

    private final class Listener implements WebSocket.Listener {

        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            message.append(data);
            if (last) {
                hear(message.toString());
                message.setLength(0);
            }
            socket.request(1);
            return null;
        }
    }

    private void hear(String message) {
        Matcher id = ID.matcher(message);
        if (id.find()) {
            answers.get(Integer.parseInt(id.group(1))).complete(message);
        } else if (COMPLAINT.matcher(message).find()) {
            complaints.add(message);
        }
    }

    private String command(String method, Map<String, ?> parameters) {
        int id = ++commands;
        CompletableFuture<String> answer = new CompletableFuture<>();
        answers.put(id, answer);
        devTools.sendText(Json.write(Map.of("id", id, "method", method, "params", parameters)), true)
                .join();
        return answer.orTimeout(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    /** Navigates to the URL. Earlier complaints are discarded. */
    void show(String url) {
        complaints.clear();
        command("Page.navigate", Map.of("url", url));
    }

    /** Emulates a window of this size. */
    void resize(int width, int height) {
        command(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
    }

    /** The value of a JavaScript expression in the page, as text. JSON escapes are not decoded. */
    String evaluate(String expression) {
        String answer = command("Runtime.evaluate", Map.of("expression", "String(" + expression + ")"));
        Matcher value = VALUE.matcher(answer);
        assertThat(value.find()).as(answer).isTrue();
        return value.group(1);
    }

    /** Waits until an expression has this value. */
    void awaitValue(String expression, String value) {
        await(expression)
                .atMost(START)
                .untilAsserted(() -> assertThat(evaluate(expression)).isEqualTo(value));
    }

    /**
     * What the page has thrown or written to the console, and what it was refused, for example by its
     * Content-Security-Policy.
     */
    List<String> complaints() {
        return complaints;
    }

    @Override
    public void close() {
        devTools.abort();
        end(process);
    }

    private static void end(Process process) {
        List<ProcessHandle> processes = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .toList();
        processes.forEach(ProcessHandle::destroyForcibly);
        processes.forEach(each -> each.onExit()
                .orTimeout(Wire.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join());
    }
}
