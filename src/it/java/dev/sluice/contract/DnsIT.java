package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.contract.host.HostProcess;
import dev.sluice.contract.host.LauncherHost;
import dev.sluice.contract.wire.DnsServer;
import dev.sluice.contract.wire.DnsServer.Service;
import dev.sluice.contract.wire.DnsServer.Trouble;
import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Scenes;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.ScriptedTarget;
import dev.sluice.contract.wire.Signal;
import dev.sluice.contract.wire.Wire;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * Names whose records change while requests flow, at a DNS server that does not always do its part. All tests share one
 * process and one DNS server. Each has its own group, path prefix and hostname, all of the same name.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DnsIT {

    private static final String A = "127.0.0.2";
    private static final String B = "127.0.0.3";
    private static final String C = "127.0.0.4";
    private static final String IPV6 = "::1";
    private static final String SERVICE = "_api._tcp.sluice.test";
    private static final int SOON = 1;
    private static final int AN_HOUR = 3600;

    /** More than the targets of any group: this many requests in a row reach each of them. */
    private static final int ROUND = 8;

    private final Deque<Closeable> open = new ArrayDeque<>();
    private final Settings settings = new Settings();

    private final Scenes scenes = new Scenes();
    private final Scene everyday = scenes.add(Script.OK);
    private final boolean hasIpv6 = hasIpv6();
    private DnsServer dns;
    private ScriptedTarget a;
    private ScriptedTarget c;
    private ScriptedTarget d;
    private ScriptedTarget e;
    private HostProcess sluice;

    @BeforeAll
    void open() throws IOException {
        dns = opened(new DnsServer());
        List<ScriptedTarget> atOnePort = openAtOnePort();
        a = atOnePort.get(0);
        c = atOnePort.get(2);
        d = opened(ScriptedTarget.of("d", scenes));
        e = opened(ScriptedTarget.of("e", scenes));

        settings.set("DNS_RESOLVERS", dns.address());
        settings.set("DNS_MAX_TTL_SECONDS", "2");
        settings.set("CONNECTION_TIMEOUT", "60000"); // a silent target does not end a test
        host("followed", SOON, A);
        host("brief", SOON, A);
        host("lasting", AN_HOUR, A);
        group("alias", hostname("alias") + ":" + a.port());
        dns.setAlias(hostname("alias"), SOON, hostname("canonical"));
        dns.set(hostname("canonical"), AN_HOUR, A);
        host("grown", SOON, A);
        for (Trouble trouble : Trouble.values()) {
            host(inTrouble(trouble), SOON, A);
        }
        host("without-ipv6", SOON, A);
        host("mute", SOON, A);
        dns.begin(Trouble.SILENCE, hostname("mute"));
        host("lively", SOON, A);
        host("ipv6", SOON, IPV6);
        host("both", SOON, A, IPV6);
        host("sticky", SOON, A, C);
        settings.with("ALGORITHM", "STICKY");
        settings.with("DEREGISTRATION_DELAY_SECONDS", "6");
        group("service", "srv+http://" + SERVICE + "/base");
        settings.with("ALGORITHM", "WEIGHTED");
        dns.set(hostname("first"), SOON, "127.0.0.1");
        dns.set(hostname("second"), SOON, "127.0.0.1");
        dns.set(SERVICE, SOON, at(d, 30, "first"), at(e, 10, "second"));
        sluice = opened(new LauncherHost().start(settings.variables()).awaitReady("/followed"));
    }

    @AfterAll
    void close() throws IOException {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    private <T extends Closeable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    private static boolean hasIpv6() {
        try {
            new ServerSocket(0, 1, address(IPV6)).close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static InetAddress address(String literal) throws IOException {
        return InetAddress.getByName(literal);
    }

    /**
     * Opens the targets at one port, because a name has the same port at all of its addresses. Another process is
     * unlikely to have the port at one of the addresses, but may.
     */
    private List<ScriptedTarget> openAtOnePort() throws IOException {
        Map<String, String> addresses = new LinkedHashMap<>(Map.of("a", A, "b", B, "c", C));
        if (hasIpv6) {
            addresses.put("ipv6", IPV6);
        }
        for (int attempt = 1; ; attempt++) {
            Map<String, ScriptedTarget> targets = new LinkedHashMap<>();
            try {
                int port = 0;
                for (Map.Entry<String, String> address : addresses.entrySet()) {
                    InetSocketAddress at = new InetSocketAddress(address(address.getValue()), port);
                    ScriptedTarget target = opened(ScriptedTarget.at(at, address.getKey(), scenes));
                    targets.put(address.getKey(), target);
                    port = target.port();
                }
                return List.of(targets.get("a"), targets.get("b"), targets.get("c"));
            } catch (BindException e) {
                if (attempt == 10) {
                    throw e;
                }
            }
        }
    }

    private void host(String name, long ttl, String... addresses) throws IOException {
        dns.set(hostname(name), ttl, addresses);
        group(name, hostname(name) + ":" + a.port());
    }

    private void group(String name, String targets) {
        settings.group(name, targets);
        settings.rule("/" + name, "/" + name, name);
    }

    private static String hostname(String name) {
        return name + ".sluice.test";
    }

    private static String inTrouble(Trouble trouble) {
        return "trouble-" + trouble.name().toLowerCase(Locale.ROOT);
    }

    @Test
    void aChangedAddressIsFollowedUnderLoadAndWhatIsInFlightIsFinished() throws IOException {
        Signal begun = new Signal();
        Signal mayEnd = new Signal();
        Scene slow = scenes.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Target: " + exchange.target());
            exchange.sendChunk("first, ");
            begun.give();
            mayEnd.take();
            exchange.sendChunk("last");
            exchange.sendLastChunk();
        });
        awaitTargets("followed", "a");
        try (Load load = Load.start(
                        sluice.port(), 4, 200, number -> Load.Request.get("/followed/" + number, everyday.field()));
                Wire client = Wire.connect(sluice.port())) {
            load.awaitResponses(50);
            client.sendHead("GET /followed HTTP/1.1", "Host: localhost", slow.field());
            begun.take();
            dns.set(hostname("followed"), SOON, B);
            awaitTargets("followed", "b");
            mayEnd.give();
            Reply reply = client.readReply();
            assertThat(reply.field("Target")).isEqualTo("a");
            assertThat(reply.text()).isEqualTo("first, last");
            assertThat(reply.whole()).isTrue();

            dns.set(hostname("followed"), SOON, B, C);
            awaitTargets("followed", "b", "c");
            dns.set(hostname("followed"), SOON, A);
            awaitTargets("followed", "a");
            load.awaitResponses(50);
            load.end();

            System.out.println("Changed addresses: " + load);
            assertThat(load.failures("GET")).isEmpty();
        }
    }

    @Test
    void aTimeToLiveIsHonouredAndALongOneIsBounded() throws IOException {
        awaitTargets("lasting", "a");
        int lasting = dns.asked(hostname("lasting"));
        int brief = dns.asked(hostname("brief"));
        int alias = dns.asked(hostname("alias"));
        dns.set(hostname("lasting"), AN_HOUR, B);
        dns.set(hostname("canonical"), AN_HOUR, B);
        awaitTargets("lasting", "b");
        awaitTargets("alias", "b");
        soon().until(() -> dns.asked(hostname("lasting")) >= lasting + 6);
        int questions = dns.asked(hostname("lasting")) - lasting;
        assertThat(dns.asked(hostname("brief")) - brief)
                .as("questions for what is valid for half the time of the other")
                .isGreaterThan(questions);
        assertThat(dns.asked(hostname("alias")) - alias)
                .as("questions for a brief alias of what is valid for long")
                .isGreaterThan(questions);
    }

    @Test
    void anAddressThatStaysKeepsItsConnections() throws IOException {
        Scene scene = scenes.add(exchange -> exchange.answer("200 OK", Integer.toString(exchange.ordinal())));
        awaitTargets("grown", "a");
        String before = get("grown", scene).text();
        dns.set(hostname("grown"), SOON, A, B);
        awaitTargets("grown", "a", "b");
        for (int i = 0; i < ROUND; i++) {
            Reply reply = get("grown", scene);
            if (reply.field("Target").equals("a")) {
                assertThat(Integer.parseInt(reply.text()))
                        .as("the how manieth request of its connection")
                        .isGreaterThan(Integer.parseInt(before));
            }
        }
    }

    /** All at the same time, because a look-up without an answer takes its time to fail. */
    @Test
    void troubleOfANameServerTakesNoTargetAwayAndIsToldOnce() throws IOException {
        Map<Trouble, Integer> questions = new LinkedHashMap<>();
        int lines = sluice.log().size();
        for (Trouble trouble : Trouble.values()) {
            String name = inTrouble(trouble);
            awaitTargets(name, "a");
            dns.begin(trouble, hostname(name));
            questions.put(trouble, dns.asked(hostname(name)));
        }
        for (Trouble trouble : Trouble.values()) {
            String name = inTrouble(trouble);
            awaitLogLine(lines, hostname(name));
            // One look-up may ask twice for each of the two kinds of addresses: this is another look-up.
            soon().until(() -> dns.asked(hostname(name)) > questions.get(trouble) + 4);
            assertThat(targets(name)).as("targets in spite of %s", trouble).containsExactly("a");
            assertThat(sluice.log().stream().skip(lines).filter(line -> line.contains(hostname(name))))
                    .as("log lines about %s", trouble)
                    .hasSize(1);
        }
        for (Trouble trouble : Trouble.values()) {
            String name = inTrouble(trouble);
            dns.set(hostname(name), SOON, B);
            dns.endTrouble(hostname(name));
            awaitTargets(name, "b");
        }
    }

    /** Some DNS servers do not know IPv6, and say so in any way but the right one. */
    @Test
    void troubleWithIpv6AloneDoesNotKeepFromFollowingIpv4() throws IOException {
        awaitTargets("without-ipv6", "a");
        dns.beginWithIpv6(Trouble.SERVFAIL, hostname("without-ipv6"));
        dns.set(hostname("without-ipv6"), SOON, B);
        awaitTargets("without-ipv6", "b");
    }

    @Test
    void aNameThatGetsNoAnswerHoldsUpNothingElse() throws IOException {
        int mute = dns.asked(hostname("mute"));
        int lively = dns.asked(hostname("lively"));
        assertThat(get("mute").status()).isEqualTo(503);
        awaitTargets("lively", "a");
        dns.set(hostname("lively"), SOON, B);
        awaitTargets("lively", "b");
        soon().until(() -> dns.asked(hostname("mute")) >= mute + 4);
        soon().until(() -> dns.asked(hostname("mute")) > 8); // so at least two look-ups have failed since the start
        soon().alias("more questions for the name that is answered")
                .until(() -> dns.asked(hostname("lively")) - lively > dns.asked(hostname("mute")) - mute);
        assertThat(sluice.log().stream().filter(line -> line.contains(hostname("mute"))))
                .hasSize(1);
        dns.endTrouble(hostname("mute"));
        awaitTargets("mute", "a");
    }

    @Test
    void aServiceTakesPortsAndWeightsFromItsRecords() throws IOException {
        awaitTargets("service", "d", "e");
        Scene scene = fortyRequests();
        assertThat(Collections.frequency(scene.targets(), "d")).isEqualTo(30);
        assertThat(Collections.frequency(scene.targets(), "e")).isEqualTo(10);
        assertThat(scene.requests())
                .allMatch(request -> request.requestTarget().equals("/base"))
                .extracting(request -> request.value("Host"))
                .containsOnly(hostname("first") + ":" + d.port(), hostname("second") + ":" + e.port());

        dns.set(SERVICE, SOON, at(d, 10, "first"), at(e, 30, "second"));
        soon().until(() -> Collections.frequency(fortyRequests().targets(), "d") == 10);
        dns.set(SERVICE, SOON, at(d, 0, "first"));
        awaitTargets("service", "d");
    }

    private static Service at(ScriptedTarget target, int weight, String name) {
        return new Service(10, weight, target.port(), hostname(name));
    }

    private Scene fortyRequests() throws IOException {
        Scene scene = scenes.add(Script.OK);
        for (int i = 0; i < 40; i++) {
            assertThat(get("service", scene).status()).isEqualTo(200);
        }
        return scene;
    }

    @Test
    void ipv6AddressesAreFoundToo() throws IOException {
        assumeTrue(hasIpv6, "there is no IPv6 loopback address");
        awaitTargets("ipv6", "ipv6");
        awaitTargets("both", "a", "ipv6");
    }

    @Test
    void aVanishedTargetKeepsWhatItHasUntilItsTimeIsOver() throws IOException {
        Scene endless = scenes.add(exchange -> {
            exchange.sendHead("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Target: " + exchange.target());
            while (true) {
                exchange.sendChunk("on and on and ");
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50)); // just often enough never to be silent
            }
        });
        awaitTargets("sticky", "a", "c");
        String session = sessionAt("c");
        try (Wire client = Wire.connect(sluice.port())) {
            Head head = client.sendHead("GET /sticky HTTP/1.1", "Host: localhost", endless.field(), session)
                    .readHead();
            assertThat(head.value("Target")).isEqualTo("c");
            InputStream body = client.responseBody(head);

            dns.set(hostname("sticky"), SOON, A);
            soon().until(() -> targets("sticky").equals(Set.of("a"))
                    && get("sticky", everyday, session).field("Target").equals("c")
                    && endless.inProgress() == 1);

            soon().until(() -> get("sticky", everyday, session).field("Target").equals("a"));
            // As much as is sent in a minute: the test must not go on for ever if the stream is not cut off.
            assertThatThrownBy(() -> body.readNBytes(17_000))
                    .isInstanceOfAny(EOFException.class, SocketException.class);
            soon().until(() -> endless.ended() == 1);
            soon().until(() -> c.openConnections() == 0);
        }
    }

    /** The Cookie field line of a session at this target. */
    private String sessionAt(String target) throws IOException {
        List<Reply> sessions = new ArrayList<>();
        for (int i = 0; i < ROUND; i++) {
            sessions.add(get("sticky"));
        }
        return sessions.stream()
                .filter(reply -> reply.field("Target").equals(target))
                .map(reply -> "Cookie: " + reply.field("Set-Cookie").split(";", 2)[0])
                .findAny()
                .orElseThrow();
    }

    /** Waits until requests without a session reach all of these targets and no others. */
    private void awaitTargets(String group, String... names) {
        soon().alias(group + " at " + Arrays.toString(names))
                .until(() -> targets(group).equals(Set.of(names)));
    }

    private Set<String> targets(String group) throws IOException {
        Set<String> targets = new HashSet<>();
        for (int i = 0; i < ROUND; i++) {
            Reply reply = get(group);
            targets.add(reply.status() == 200 ? reply.field("Target") : Integer.toString(reply.status()));
        }
        return targets;
    }

    private void awaitLogLine(int linesBefore, String part) {
        soon().alias("a log line with " + part)
                .until(() -> sluice.log().stream().skip(linesBefore).anyMatch(line -> line.contains(part)));
    }

    private static ConditionFactory soon() {
        return await().atMost(Wire.PATIENCE);
    }

    private Reply get(String group) throws IOException {
        return get(group, everyday);
    }

    private Reply get(String group, Scene scene, String... fieldLines) throws IOException {
        List<String> lines = new ArrayList<>(List.of("Host: localhost", "Connection: close", scene.field()));
        lines.addAll(List.of(fieldLines));
        try (Wire client = Wire.connect(sluice.port())) {
            return client.sendHead("GET /" + group + " HTTP/1.1", lines.toArray(String[]::new))
                    .readReply();
        }
    }
}
