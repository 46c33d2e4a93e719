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
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.mockserver.configuration.ConfigurationProperties;
import org.mockserver.integration.ClientAndServer;

/**
 * One host with the single configuration that all contracts are tested with, and the targets behind it. Starting a host
 * takes time, so its tests share it; what a test needs for itself is a {@link dev.sluice.contract.wire.Scene}.
 */
final class Stage implements Closeable {

    /** How long a target may stay silent: long enough for a busy machine, short enough to wait for. */
    static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(3);

    /** Limit on path and query. A head with this many bytes fits into the 8 KiB that Tomcat accepts by default. */
    static final int MAX_URI_BYTES = 6000;

    /** How long a request may wait for a target: longer than any test waits for a response. */
    private static final Duration QUEUE_TIMEOUT = Wire.PATIENCE.multipliedBy(3);

    /** How long a request may wait for a target at {@code /short-queue}. */
    private static final Duration SHORT_QUEUE_TIMEOUT = Duration.ofMillis(300);

    /** Limit on request bodies at {@code /limited}. */
    static final int MAX_REQUEST_BODY_BYTES = 1000;

    /** No request below this path reaches a target, although a rule matches it. */
    static final String ADMIN_PATH = "/-/sluice";

    static final String ADMIN_TOKEN = "only-the-operators-of-this-suite-know-this";

    /** The only proxy whose word about the client is believed. No other test's clients have this address. */
    static final InetAddress TRUSTED_PROXY = loopback(7);

    private final Deque<Closeable> open = new ArrayDeque<>();
    private final Settings settings = new Settings();

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
    private final Host kind;

    @SuppressWarnings("this-escape")
    Stage(Host kind) throws IOException {
        this.kind = kind;
        ConfigurationProperties.logLevel("ERROR");
        this.mockServer = opened(ClientAndServer.startClientAndServer(0));

        settings.set("CONNECTION_TIMEOUT", Long.toString(CONNECTION_TIMEOUT.toMillis()));
        settings.set("STREAM_IDLE_TIMEOUT_SECONDS", Long.toString(CONNECTION_TIMEOUT.toSeconds()));
        settings.set("TRUSTED_PROXIES", TRUSTED_PROXY.getHostAddress());
        settings.set("MAX_REQUEST_URI_BYTES", Integer.toString(MAX_URI_BYTES));
        settings.set("STICKINESS_SECRET", "only the hosts of this suite know this");
        settings.set("ADMIN_PATH", ADMIN_PATH);
        settings.set("ADMIN_TOKEN", ADMIN_TOKEN);
        settings.set("ACCESS_LOG", "json");
        settings.set("ACCESS_LOG_HEADERS", "Scene");
        settings.group("scripted", scripted.address());
        settings.group("other", other.address());
        settings.group("versioned", scripted.address() + "/v1");
        settings.group("named", "localhost:" + scripted.port());
        settings.group("three", a.address(), b.address(), c.address());
        settings.group("one-refuses", a.address(), refusal.address(), c.address());
        settings.group("refuses", refusal.address());
        settings.group("closes", closing.address());
        settings.group("black-hole", blackHole.address());
        settings.group("nowhere", "nowhere.invalid:80");
        settings.group("mock", "127.0.0.1:" + mockServer.getPort());
        settings.group("weighted", a.address() + " weight=5", b.address() + " weight=1", c.address());
        settings.with("ALGORITHM", "WEIGHTED");
        settings.group("retired", a.address(), b.address() + " weight=0", c.address());
        settings.group("outstanding", a.address(), b.address(), c.address());
        settings.with("ALGORITHM", "LEAST_OUTSTANDING_REQUESTS");
        for (String name : List.of("quick-and-slow", "quick-and-failing")) {
            settings.group(name, a.address(), b.address());
            settings.with("ALGORITHM", "LRT");
        }
        for (String name : List.of("sticky", "sticky-too")) {
            settings.group(name, a.address(), b.address(), c.address());
            settings.with("ALGORITHM", "STICKY");
        }
        settings.group("sticky-mortal", mortal.address(), a.address(), b.address());
        settings.with("ALGORITHM", "STICKY");
        settings.group("sticky-application", a.address(), b.address(), c.address());
        settings.with("ALGORITHM", "STICKY");
        settings.with("STICKINESS_COOKIE_NAME", "JSESSIONID");
        settings.group("one-each", a.address(), b.address());
        settings.with("MAX_CONCURRENT_REQUESTS_PER_TARGET", "1");
        for (String name : List.of("queue", "short-queue")) {
            settings.group(name, a.address());
            settings.with("MAX_CONCURRENT_REQUESTS_PER_TARGET", "1");
            settings.with("QUEUE_SIZE", "2");
        }
        settings.with("QUEUE_TIMEOUT_MILLISECONDS", Long.toString(SHORT_QUEUE_TIMEOUT.toMillis()));
        settings.set("QUEUE_TIMEOUT_MILLISECONDS", Long.toString(QUEUE_TIMEOUT.toMillis()));
        settings.group("all-faulty", x.address(), y.address(), z.address());
        settings.with("EJECTION_CONSECUTIVE_FAILURES", "0");
        for (String name : List.of("faulty", "faulty-on-status")) {
            settings.group(name, a.address(), b.address(), c.address());
            settings.with("EJECTION_CONSECUTIVE_FAILURES", "0");
        }
        settings.with("RETRY_ON_STATUS", "500");

        settings.group("preserved", scripted.address());
        settings.with("PRESERVE_HOST_HEADER", "true");
        settings.group("located", "localhost:" + scripted.port() + "/v1");
        settings.with("LOCATION_REWRITE", "true");
        settings.group("drained", a.address(), b.address() + "/v1", c.address());
        settings.with("ALGORITHM", "STICKY");
        settings.group("limited", scripted.address());
        settings.with("MAX_REQUEST_BODY_BYTES", Integer.toString(MAX_REQUEST_BODY_BYTES));

        settings.rule("/located", "/located", "located");
        settings.rule("/scripted", "", "scripted");
        settings.rule("/other", "", "other");
        settings.rule("/-", "", "other");
        settings.rule("/api", "", "scripted");
        settings.rule("/api/special", "", "other");
        settings.rule("/my/listener", "/my/listener", "versioned");
        settings.rule("/below", "", "versioned");
        settings.rule("/strip", "/strip", "scripted");
        settings.rule("/named", "", "named");
        settings.rule("/three", "", "three");
        settings.rule("/one-refuses", "", "one-refuses");
        settings.rule("/refuses", "", "refuses");
        settings.rule("/closes", "", "closes");
        settings.rule("/black-hole", "", "black-hole");
        settings.rule("/nowhere", "", "nowhere");
        settings.rule("/mock", "", "mock");
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
                "faulty-on-status",
                "preserved",
                "drained",
                "limited")) {
            settings.rule("/" + name, "", name);
        }

        this.host = opened(kind.start(settings.variables()));
    }

    private static InetAddress loopback(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private <T extends Closeable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    Stage awaitReady() {
        host.awaitReady("/other/ready");
        return this;
    }

    HostProcess host() {
        return host;
    }

    /** The kind of the host, which tells where its behaviour differs from that of other hosts. */
    Host kind() {
        return kind;
    }

    Scenes scenes() {
        return scenes;
    }

    /**
     * The target behind {@code /scripted}, {@code /api}, {@code /my/listener}, {@code /below}, {@code /strip} and
     * {@code /named}.
     */
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

    /** The first target behind {@code /drained}, and behind most other groups of more than one. */
    ScriptedTarget a() {
        return a;
    }

    /** The second target behind {@code /drained}, where it has the base URI {@code /v1}. */
    ScriptedTarget b() {
        return b;
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
