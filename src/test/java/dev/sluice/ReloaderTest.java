package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.admin.Lifetime;
import dev.sluice.config.Configuration;
import dev.sluice.config.ConfigurationSources;
import dev.sluice.observe.Observation;
import dev.sluice.observe.Reloads;
import dev.sluice.target.Target;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReloaderTest {

    private static final String RULE = "LISTENER_RULE_1_PATH_PREFIX=/\nLISTENER_RULE_1_TARGET_GROUP=web\n";

    @TempDir
    private Path directory;

    private final List<Configuration> inUse = new CopyOnWriteArrayList<>();
    private Path file;
    private LiveLoadBalancer live;
    private Reloader reloader;

    @BeforeEach
    void start() throws Exception {
        file = directory.resolve("sluice.properties");
        write(targets("127.0.0.1:1"));
        ConfigurationSources sources = new ConfigurationSources(
                Map.of("CONFIG_FILE", file.toString(), "TARGET_GROUP_1_NAME", "web"), Map.of());
        live = LiveLoadBalancer.start(sources.read(), new Observation(List.of()), new Lifetime());
        reloader = new Reloader(sources, live, inUse::add);
    }

    @AfterEach
    void stop() {
        reloader.close();
        live.close();
    }

    private static String targets(String targets) {
        return RULE + "TARGET_GROUP_1_TARGETS=" + targets + "\n";
    }

    /** Replaces the file atomically, as configuration tools do. */
    private void write(String content) throws IOException {
        Path next = Files.writeString(directory.resolve("next"), content);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private void awaitTargets(String... targets) {
        await().untilAsserted(
                        () -> assertThat(live.current().targetGroups().get(0).targets())
                                .extracting(Target::toString)
                                .containsExactly(targets));
    }

    private Reloads.State awaitReloads(long successes, long failures) {
        await().untilAsserted(() -> {
            assertThat(live.reloads().state().successes()).isEqualTo(successes);
            assertThat(live.reloads().state().failures()).isEqualTo(failures);
        });
        return live.reloads().state();
    }

    @Test
    void whatIsWrittenIsTaken() throws IOException {
        write(targets("127.0.0.1:1,127.0.0.1:2"));
        awaitTargets("127.0.0.1:1", "127.0.0.1:2");
        Reloads.State state = awaitReloads(1, 0);
        assertThat(state.lastSuccess()).isNotNull().isEqualTo(state.inUseSince());
        assertThat(inUse).containsExactly(live.current().configuration());
    }

    /**
     * As Kubernetes mounts a ConfigMap: the file's name is a link through a second link, and only the second one
     * changes.
     */
    @Test
    void aLinkThatLeadsElsewhereIsNoticed() throws IOException {
        Path former = Files.createDirectory(directory.resolve("..1"));
        Path later = Files.createDirectory(directory.resolve("..2"));
        Files.move(file, former.resolve("sluice.properties"));
        Files.writeString(later.resolve("sluice.properties"), targets("127.0.0.1:3"));
        Path data = Files.createSymbolicLink(directory.resolve("..data"), former);
        Files.createSymbolicLink(file, Path.of("..data", "sluice.properties"));
        Path next = Files.createSymbolicLink(directory.resolve("..data_tmp"), later);
        Files.move(next, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        awaitTargets("127.0.0.1:3");
    }

    @Test
    void whatIsWrongChangesNothingAndIsKnown() throws IOException {
        LoadBalancer before = live.current();
        Instant started = live.reloads().state().inUseSince();
        write(targets("127.0.0.1:99999") + "RETRY_ATTEMPTS=many\n");
        Reloads.State state = awaitReloads(0, 1);
        assertThat(state.problems()).hasSize(2).anyMatch(problem -> problem.startsWith("RETRY_ATTEMPTS=many: "));
        assertThat(state.lastFailure()).isNotNull();
        assertThat(state.inUseSince()).isEqualTo(started);
        assertThat(live.current()).isSameAs(before);
        assertThat(inUse).isEmpty();
        write(targets("127.0.0.1:1"));
        assertThat(awaitReloads(1, 1).problems()).isEmpty();
        assertThat(live.current()).as("nothing has changed").isSameAs(before);
        assertThat(live.reloads().state().inUseSince()).isEqualTo(started);
    }

    @Test
    void aFileThatIsGoneChangesNothing() throws IOException {
        LoadBalancer before = live.current();
        Files.delete(file);
        assertThat(awaitReloads(0, 1).problems()).singleElement().asString().contains("there is no file");
        assertThat(live.current()).isSameAs(before);
    }

    /** Only contents that were seen twice count: what is there by then may be half of what is being written. */
    @Test
    void aFileThatCouldNotBeReadIsNotReadAgainToSayWhy() {
        LoadBalancer before = live.current();
        AtomicInteger looks = new AtomicInteger();
        ConfigurationSources sources = new ConfigurationSources(
                Map.of("CONFIG_FILE", file.toString(), "TARGET_GROUP_1_NAME", "web"), Map.of());
        reloader.close();
        reloader = new Reloader(sources, live, inUse::add, path -> {
            if (looks.incrementAndGet() > 1) {
                throw new AccessDeniedException(path.toString());
            }
            return Files.readAllBytes(path);
        });
        reloader.reload();
        assertThat(awaitReloads(0, 1).problems())
                .singleElement()
                .asString()
                .isEqualTo("CONFIG_FILE=" + file + ": the file cannot be read: permission denied");
        assertThat(live.current()).isSameAs(before);
    }

    @Test
    void theEnvironmentStillCountsFirst() throws IOException {
        write(targets("127.0.0.1:2") + "TARGET_GROUP_1_NAME=file\n");
        awaitTargets("127.0.0.1:2");
        assertThat(live.current().targetGroups().get(0).name()).isEqualTo("web");
    }

    @Test
    void whatTheEnvironmentOverridesIsSaidAtTheStartAndAtEachReload() throws Exception {
        String name = "TARGET_GROUP_1_NAME=file\n";
        reloader.close();
        write(name + targets("127.0.0.1:1"));
        ConfigurationSources sources = new ConfigurationSources(
                Map.of("CONFIG_FILE", file.toString(), "TARGET_GROUP_1_NAME", "web"), Map.of());
        try (LogLines lines = LogLines.of(Reloader.class)) {
            reloader = new Reloader(sources, live, inUse::add);
            assertThat(lines.all())
                    .containsExactly("CONFIG_FILE: the environment overrides TARGET_GROUP_1_NAME (line 1)");
            write("\n" + name + targets("127.0.0.1:2"));
            awaitTargets("127.0.0.1:2");
            await().untilAsserted(() -> assertThat(lines.all())
                    .endsWith("CONFIG_FILE: the environment overrides TARGET_GROUP_1_NAME (line 2)"));
        }
    }

    @Test
    void whatTakesARestartDoesNotHoldTheRestUp() throws IOException {
        write(targets("127.0.0.1:2") + "LISTENER_PORT=1234\n");
        awaitTargets("127.0.0.1:2");
        assertThat(awaitReloads(1, 0).problems()).isEmpty();
    }

    @Test
    void whatTakesARestartIsSaidOnceAndThatItTakesNoneAnyMore() throws IOException {
        List<String> lines = new CopyOnWriteArrayList<>();
        Handler handler = new StreamHandler() {
            @Override
            public synchronized void publish(LogRecord record) {
                String line = new SimpleFormatter().formatMessage(record);
                if (line.contains("LISTENER_PORT")) {
                    lines.add(line.replaceAll(",? which.*| is again.*", ""));
                }
            }
        };
        Logger logger = Logger.getLogger(Reloader.class.getName());
        logger.addHandler(handler);
        try {
            write(targets("127.0.0.1:2") + "LISTENER_PORT=1234\n");
            awaitTargets("127.0.0.1:2");
            write(targets("127.0.0.1:3") + "LISTENER_PORT=1234\n");
            awaitTargets("127.0.0.1:3");
            write(targets("127.0.0.1:4"));
            awaitTargets("127.0.0.1:4");
            awaitReloads(3, 0);
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(lines).containsExactly("LISTENER_PORT has changed", "LISTENER_PORT");
    }

    @Test
    void whoeverAsksIsServedAtOnceThoughNothingHasChanged() {
        LoadBalancer before = live.current();
        reloader.reload();
        awaitReloads(1, 0);
        assertThat(live.current()).isSameAs(before);
    }

    /** Seconds may pass between the first reading of the file and the first check for changes. */
    @Test
    void whatWasWrittenDuringTheStartIsTaken() throws IOException, InterruptedException {
        reloader.close();
        ConfigurationSources sources = new ConfigurationSources(
                Map.of("CONFIG_FILE", file.toString(), "TARGET_GROUP_1_NAME", "web"), Map.of());
        write(targets("127.0.0.1:4"));
        reloader = new Reloader(sources, live, inUse::add);
        awaitTargets("127.0.0.1:4");
        awaitReloads(1, 0);
    }
}
