package dev.sluice.contract;

import dev.sluice.contract.host.Host;
import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.wire.BlackHole;
import dev.sluice.contract.wire.Refusal;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.Wire;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mockserver.configuration.ConfigurationProperties;
import org.mockserver.integration.ClientAndServer;

/**
 * One host with the one configuration that all promises are tested with, and the targets behind it. Starting a host is what takes
 * time, so its tests share it; what a test needs for itself is a {@link dev.sluice.contract.wire.Scene}.
 */
final class Stage implements Closeable {

    /** How long a target may stay silent. Long enough for a machine that is busy, short enough to be waited for. */
    static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(3);

    /** How long a request may wait for a target: longer than any test waits for an answer. */
    private static final Duration QUEUE_TIMEOUT = Wire.PATIENCE.multipliedBy(3);

    /** How long it may wait at {@code /short-queue}. */
    private static final Duration SHORT_QUEUE_TIMEOUT = Duration.ofMillis(300);

    private final Deque<Closeable> open = new ArrayDeque<>();
    private final Map<String, String> variables = new LinkedHashMap<>();
    private int groups;
    private int rules;

    private final Scenes scenes = new Scenes();
    private final ScriptedTarget scripted = opened(ScriptedTarget.of("scripted", scenes));
    private final ScriptedTarget other = opened(ScriptedTarget.of("other", scenes));
    private final ScriptedTarget a = opened(ScriptedTarget.of("a", scenes));
    private final ScriptedTarget b = opened(ScriptedTarget.of("b", scenes));
    private final ScriptedTarget c = opened(ScriptedTarget.of("c", scenes));
    private final ScriptedTarget x = opened(ScriptedTarget.of("x", scenes));
    private final ScriptedTarget y = opened(ScriptedTarget.of("y", scenes));
    private final ScriptedTarget z = opened(ScriptedTarget.of("z", scenes));
    private final ScriptedTarget mortal = opened(ScriptedTarget.of("mortal", scenes));
    private final ScriptedTarget closing = opened(ScriptedTarget.thatClosesAtOnce());
    private final Refusal refusal = opened(new Refusal());
    private final BlackHole blackHole = opened(new BlackHole());
    private final ClientAndServer mockServer;
    private final HostProcess host;
    private final boolean asksForBodiesByItself;

    @SuppressWarnings("this-escape")
    Stage(Host host) throws IOException {
        ConfigurationProperties.logLevel("ERROR");
        this.mockServer = opened(ClientAndServer.startClientAndServer(0));

        set("CONNECTION_TIMEOUT", Long.toString(CONNECTION_TIMEOUT.toMillis()));
        set("STICKINESS_SECRET", "only the hosts of this suite know this");
        group("scripted", scripted.address());
        group("other", other.address());
        group("versioned", scripted.address() + "/v1");
        group("named", "localhost:" + scripted.port());
        group("three", a.address(), b.address(), c.address());
        group("one-refuses", a.address(), refusal.address(), c.address());
        group("refuses", refusal.address());
        group("closes", closing.address());
        group("black-hole", blackHole.address());
        group("nowhere", "nowhere.invalid:80");
        group("mock", "127.0.0.1:" + mockServer.getPort());
        group("weighted", a.address() + " weight=5", b.address() + " weight=1", c.address());
        with("ALGORITHM", "WEIGHTED");
        group("retired", a.address(), b.address() + " weight=0", c.address());
        group("outstanding", a.address(), b.address(), c.address());
        with("ALGORITHM", "LEAST_OUTSTANDING_REQUESTS");
        for (String name : List.of("quick-and-slow", "quick-and-failing")) {
            group(name, a.address(), b.address());
            with("ALGORITHM", "LRT");
        }
        for (String name : List.of("sticky", "sticky-too")) {
            group(name, a.address(), b.address(), c.address());
            with("ALGORITHM", "STICKY");
        }
        group("sticky-mortal", mortal.address(), a.address(), b.address());
        with("ALGORITHM", "STICKY");
        group("sticky-application", a.address(), b.address(), c.address());
        with("ALGORITHM", "STICKY");
        with("STICKINESS_COOKIE_NAME", "JSESSIONID");
        group("one-each", a.address(), b.address());
        with("MAX_CONCURRENT_REQUESTS_PER_TARGET", "1");
        for (String name : List.of("queue", "short-queue")) {
            group(name, a.address());
            with("MAX_CONCURRENT_REQUESTS_PER_TARGET", "1");
            with("QUEUE_SIZE", "2");
        }
        with("QUEUE_TIMEOUT_MILLISECONDS", Long.toString(SHORT_QUEUE_TIMEOUT.toMillis()));
        set("QUEUE_TIMEOUT_MILLISECONDS", Long.toString(QUEUE_TIMEOUT.toMillis()));
        group("all-faulty", x.address(), y.address(), z.address());
        with("EJECTION_CONSECUTIVE_FAILURES", "0");
        for (String name : List.of("faulty", "faulty-on-status")) {
            group(name, a.address(), b.address(), c.address());
            with("EJECTION_CONSECUTIVE_FAILURES", "0");
        }
        with("RETRY_ON_STATUS", "500");

        rule("/scripted", "", "scripted");
        rule("/other", "", "other");
        rule("/api", "", "scripted");
        rule("/api/special", "", "other");
        rule("/my/listener", "/my/listener", "versioned");
        rule("/below", "", "versioned");
        rule("/strip", "/strip", "scripted");
        rule("/named", "", "named");
        rule("/three", "", "three");
        rule("/one-refuses", "", "one-refuses");
        rule("/refuses", "", "refuses");
        rule("/closes", "", "closes");
        rule("/black-hole", "", "black-hole");
        rule("/nowhere", "", "nowhere");
        rule("/mock", "", "mock");
        for (String name : List.of(
                "weighted",
                "retired",
                "outstanding",
                "quick-and-slow",
                "quick-and-failing",
                "sticky",
                "sticky-too",
                "sticky-mortal",
                "sticky-application",
                "one-each",
                "queue",
                "short-queue",
                "all-faulty",
                "faulty",
                "faulty-on-status")) {
            rule("/" + name, "", name);
        }

        this.host = opened(host.start(variables));
        this.asksForBodiesByItself = host.asksForBodiesByItself();
    }

    private <T extends Closeable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    private void set(String variable, String value) {
        variables.put(variable, value);
    }

    private void group(String name, String... targets) {
        String group = "TARGET_GROUP_" + ++groups;
        set(group + "_NAME", name);
        set(group + "_TARGETS", String.join(",", List.of(targets)));
    }

    /** Of the group that was added last. */
    private void with(String attribute, String value) {
        set("TARGET_GROUP_" + groups + "_" + attribute, value);
    }

    private void rule(String pathPrefix, String pathRewrite, String targetGroup) {
        String rule = "LISTENER_RULE_" + ++rules;
        set(rule + "_PATH_PREFIX", pathPrefix);
        set(rule + "_PATH_REWRITE", pathRewrite);
        set(rule + "_TARGET_GROUP", targetGroup);
    }

    Stage awaitReady() {
        host.awaitReady("/other/ready");
        return this;
    }

    HostProcess host() {
        return host;
    }

    /** As {@link Host#asksForBodiesByItself}. */
    boolean asksForBodiesByItself() {
        return asksForBodiesByItself;
    }

    Scenes scenes() {
        return scenes;
    }

    /** The target behind {@code /scripted}, {@code /api}, {@code /my/listener}, {@code /below}, {@code /strip} and {@code /named}. */
    ScriptedTarget scripted() {
        return scripted;
    }

    /** The target behind {@code /other} and {@code /api/special}. */
    ScriptedTarget other() {
        return other;
    }

    /** The first target behind {@code /sticky-mortal}, for the one test that ends it. */
    ScriptedTarget mortal() {
        return mortal;
    }

    /** The address behind {@code /closes}. */
    String closing() {
        return closing.address();
    }

    /** The address behind {@code /refuses}. */
    String refusing() {
        return refusal.address();
    }

    /** The target behind {@code /black-hole}. */
    BlackHole blackHole() {
        return blackHole;
    }

    /** The target behind {@code /mock}. */
    ClientAndServer mockServer() {
        return mockServer;
    }

    @Override
    public void close() throws IOException {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }
}
