package dev.sluice.contract;

import dev.sluice.contract.host.Host;
import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.wire.BlackHole;
import dev.sluice.contract.wire.Refusal;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.ScriptedTarget;
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
