package dev.sluice;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.admin.Lifetime;
import dev.sluice.config.Configuration;
import dev.sluice.forward.connection.Connections;
import dev.sluice.observe.Observation;
import dev.sluice.routing.AmbiguousPathException;
import dev.sluice.target.ConnectionCount;
import dev.sluice.target.Lease;
import dev.sluice.target.Target;
import dev.sluice.target.TargetGroup;
import dev.sluice.target.TargetState;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Handler;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;

/** What one configuration hands over to the next. */
class LiveLoadBalancerTest {

    private static final String STICKY = "STICKY";

    private LiveLoadBalancer live;

    @BeforeEach
    void start() throws InterruptedException {
        live = LiveLoadBalancer.start(configuration(), new Observation(List.of()), new Lifetime());
    }

    @AfterEach
    void close() {
        live.close();
    }

    /**
     * Two groups whose targets do not answer.
     *
     * @param variables names and values, in addition to those or instead of them
     */
    private static Configuration configuration(String... variables) {
        Map<String, String> all = new HashMap<>(Map.of(
                "DEREGISTRATION_DELAY_SECONDS", "0",
                "TARGET_GROUP_1_NAME", "web",
                "TARGET_GROUP_1_TARGETS", "127.0.0.1:1,127.0.0.1:2",
                "TARGET_GROUP_2_NAME", "api",
                "TARGET_GROUP_2_TARGETS", "127.0.0.1:3,127.0.0.1:4",
                "LISTENER_RULE_1_PATH_PREFIX", "/",
                "LISTENER_RULE_1_TARGET_GROUP", "web"));
        for (int i = 0; i < variables.length; i += 2) {
            all.put(variables[i], variables[i + 1]);
        }
        return Configuration.load(all, Map.of());
    }

    @Test
    void warnsOfWhatHasNoEffect() throws Exception {
        try (LogLines lines = LogLines.of(LoadBalancer.class)) {
            live.replace(configuration(
                    "LISTENER_RULE_1_PATH_PREFIX", "/old",
                    "LISTENER_RULE_1_PATH_REWRITE", "/new",
                    "LISTENER_RULE_2_PATH_PREFIX", "/",
                    "LISTENER_RULE_2_PATH_REWRITE", "/api",
                    "LISTENER_RULE_2_TARGET_GROUP", "web"));
            assertThat(lines.all())
                    .containsExactly(
                            "No rule forwards to the target group api",
                            "PATH_REWRITE has no effect: no path of the rule /old begins with /new");
        }
    }

    @Test
    void warnsOnceOfWeightsWithoutEffect() throws Exception {
        String warning = "Weights other than 0 have no effect in the target group api: its algorithm is ROUND_ROBIN;"
                + " set ALGORITHM=WEIGHTED for it";
        String weights = "127.0.0.1:3 weight=5, 127.0.0.1:4";
        assertThat(weightWarnings("TARGET_GROUP_2_TARGETS", weights)).containsExactly(warning);
        assertThat(weightWarnings("TARGET_GROUP_2_TARGETS", weights, "RETRY_ATTEMPTS", "1"))
                .as("only something else has changed")
                .isEmpty();
        assertThat(weightWarnings("TARGET_GROUP_2_TARGETS", weights, "TARGET_GROUP_2_ALGORITHM", "WEIGHTED"))
                .isEmpty();
        assertThat(weightWarnings("TARGET_GROUP_2_TARGETS", weights)).containsExactly(warning);
        assertThat(weightWarnings("TARGET_GROUP_2_TARGETS", "127.0.0.1:3 weight=0, 127.0.0.1:4"))
                .isEmpty();
        try (LogLines lines = LogLines.of(LoadBalancer.class)) {
            LiveLoadBalancer.start(
                            configuration("TARGET_GROUP_2_TARGETS", weights),
                            new Observation(List.of()),
                            new Lifetime())
                    .close();
            assertThat(lines.warnings()).contains(warning);
        }
    }

    /** What is logged about weights when the live one is replaced. */
    private List<String> weightWarnings(String... variables) throws InterruptedException {
        try (LogLines lines = LogLines.of(LoadBalancer.class)) {
            live.replace(configuration(variables));
            return lines.warnings().stream()
                    .filter(line -> line.startsWith("Weights "))
                    .toList();
        }
    }

    private TargetGroup group(String name) {
        return live.current().targetGroups().stream()
                .filter(group -> group.name().equals(name))
                .findAny()
                .orElseThrow();
    }

    private static Lease acquire(TargetGroup group) {
        return requireNonNull(group.place(Collections::emptyEnumeration).acquire());
    }

    private static TargetGroup groupOf(LoadBalancer loadBalancer) throws AmbiguousPathException {
        return requireNonNull(loadBalancer.rules().match("/")).targetGroup();
    }

    @Test
    void aGroupThatDoesNotChangeIsTheSame() throws Exception {
        TargetGroup web = group("web");
        TargetGroup api = group("api");
        List<Target> targets = api.targets();
        acquire(web);
        live.replace(configuration("TARGET_GROUP_2_TARGETS", "127.0.0.1:4,127.0.0.1:5"));
        assertThat(group("web")).isSameAs(web);
        assertThat(acquire(web).target()).isSameAs(web.targets().get(1));
        assertThat(group("api")).isNotSameAs(api);
        assertThat(group("api").targets()).hasSize(2).startsWith(targets.get(1));
        await().until(() -> targets.get(0).isGone());
        assertThat(targets.get(1).isGone()).isFalse();
    }

    @Test
    void aTargetThatStaysIsCheckedAsTheNewConfigurationSays() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(exchange.getRequestURI().getPath().equals("/good") ? 200 : 500, -1);
            exchange.close();
        });
        server.start();
        try {
            String target = "127.0.0.1:" + server.getAddress().getPort();
            live.replace(checked(target, "/good"));
            Target kept = group("web").targets().get(0);
            await().until(() -> kept.state().name() == TargetState.Name.HEALTHY);
            live.replace(checked(target, "/bad"));
            await().until(() -> kept.state().name() == TargetState.Name.UNHEALTHY);
            live.replace(configuration("TARGET_GROUP_1_TARGETS", target));
            assertThat(group("web").targets()).containsExactly(kept);
            assertThat(kept.state().name()).isEqualTo(TargetState.Name.HEALTHY);
        } finally {
            server.stop(0);
        }
    }

    private static Configuration checked(String target, String path) {
        return configuration(
                "TARGET_GROUP_1_TARGETS",
                target,
                "TARGET_GROUP_1_HEALTH_CHECK_PATH",
                path,
                "TARGET_GROUP_1_HEALTH_CHECK_INTERVAL_SECONDS",
                "1");
    }

    @Test
    void allChangesAtOnce() throws Exception {
        LoadBalancer before = live.current();
        live.replace(configuration("LISTENER_RULE_1_TARGET_GROUP", "api", "TARGET_GROUP_2_TARGETS", "127.0.0.1:5/v2"));
        assertThat(groupOf(before).name()).isEqualTo("web");
        TargetGroup group = groupOf(live.current());
        assertThat(group.name()).isEqualTo("api");
        assertThat(group.targets()).extracting(Target::basePath).containsExactly("/v2");
    }

    @Test
    void sessionsGoOn() throws Exception {
        live.replace(configuration("TARGET_GROUP_1_ALGORITHM", STICKY));
        Lease lease = acquire(group("web"));
        String cookie = requireNonNull(
                group("web").place(Collections::emptyEnumeration).answeredBy(lease.target(), List.of(), false));
        String pair = cookie.substring(0, cookie.indexOf(';'));
        live.replace(configuration("TARGET_GROUP_1_ALGORITHM", STICKY, "RETRY_ATTEMPTS", "1"));
        live.replace(configuration("TARGET_GROUP_1_ALGORITHM", STICKY, "STICKINESS_COOKIE_DURATION_SECONDS", "600"));
        for (int i = 0; i < 3; i++) {
            Lease again = requireNonNull(group("web")
                    .place(() -> Collections.enumeration(List.of(pair)))
                    .acquire());
            assertThat(again.target()).isSameAs(lease.target());
        }
    }

    @Test
    void aConfigurationThatIsNotStartedLeavesTheOneBefore() throws Exception {
        LoadBalancer before = live.current();
        List<Target> targets = List.copyOf(group("api").targets());
        live.shared().healthChecker(); // has a task of its own, and stays
        int tasks = live.shared().timer().getQueue().size();
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Configuration next = configuration(
                    "TARGET_GROUP_1_TARGETS", "127.0.0.1:" + silent.getLocalPort(),
                    "TARGET_GROUP_1_HEALTH_CHECK_PATH", "/waits-for-an-answer",
                    "TARGET_GROUP_2_TARGETS", "127.0.0.1:3",
                    "DNS_MAX_TTL_SECONDS", "7");
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> live.replace(next)).isInstanceOf(InterruptedException.class);
        }
        assertThat(live.current()).isSameAs(before);
        assertThat(group("api").targets()).isEqualTo(targets).noneMatch(Target::isGone);
        await().until(() -> live.shared().timer().getQueue().size() <= tasks);
    }

    /** Anything may fail; in this test it is the log. By then there is no way back to the former configuration. */
    @Test
    void aGroupThatFailsToTakeOverKeepsNoOtherFromIt() throws Exception {
        Logger log = Logger.getLogger(TargetGroup.class.getPackageName());
        Handler full = new FullOf("127.0.0.1:1 is DRAINING");
        log.addHandler(full);
        try {
            live.replace(configuration(
                    "TARGET_GROUP_1_TARGETS",
                    "127.0.0.1:2",
                    "TARGET_GROUP_2_TARGETS",
                    "127.0.0.1:3,127.0.0.1:4,127.0.0.1:5"));
        } finally {
            log.removeHandler(full);
        }
        assertThat(group("api").targets())
                .extracting(Target::toString)
                .containsExactly("127.0.0.1:3", "127.0.0.1:4", "127.0.0.1:5");
        live.replace(configuration("TARGET_GROUP_1_TARGETS", "127.0.0.1:6"));
        assertThat(group("web").targets()).extracting(Target::toString).containsExactly("127.0.0.1:6");
    }

    @Test
    void whoWaitsForAGroupThatIsRemovedIsRefusedWhenItsLastTargetIsGone() throws Exception {
        live.replace(withRoomForOne("127.0.0.1:3"));
        TargetGroup api = group("api");
        acquire(api);
        CompletableFuture<Optional<Lease>> told = new CompletableFuture<>();
        assertThat(api.place(Collections::emptyEnumeration).await(lease -> told.complete(Optional.ofNullable(lease))))
                .isTrue();
        live.replace(configuration("TARGET_GROUP_2_NAME", "other"));
        assertThat(told).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(Optional.empty());
    }

    @Test
    void aGroupThatHasFoundNoTargetLeavesAtOnce() throws Exception {
        try (DatagramSocket nameServer = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            Thread answering = new Thread(() -> knowNothing(nameServer));
            answering.start();
            String address = "127.0.0.1:" + nameServer.getLocalPort();
            live.replace(configuration("DNS_RESOLVERS", address, "TARGET_GROUP_2_TARGETS", "nowhere.example:80"));
            assertThat(group("api").targets()).isEmpty();
            live.replace(configuration("DNS_RESOLVERS", address, "TARGET_GROUP_2_NAME", "other"));
            assertThat(live.leavingGroups()).isEmpty();
        }
    }

    /** The new configuration used to be reported as refused, although it served requests. */
    @Test
    void whatFailsOnceTheNewOneIsInUseDoesNotRefuseIt() throws Exception {
        try (DatagramSocket nameServer = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            new Thread(() -> knowNothing(nameServer)).start();
            String address = "127.0.0.1:" + nameServer.getLocalPort();
            live.replace(withRoomForOne("127.0.0.1:3", "DNS_RESOLVERS", address));
            Target target = acquire(group("api")).target();
            CompletableFuture<Boolean> refused = refusedInVain(group("api"));
            live.replace(withRoomForOne("nowhere.example:80", "DNS_RESOLVERS", address));
            await().until(target::isGone);
            live.replace(configuration("DNS_RESOLVERS", address, "TARGET_GROUP_2_NAME", "other"));
            assertThat(refused).isCompletedWithValue(false);
        }
        assertThat(group("other").targets()).hasSize(2);
        assertThat(live.leavingGroups()).isEmpty();
    }

    /**
     * Ending what waits runs callbacks of other classes. These may wait for a thread that needs the monitor, and may
     * fail.
     */
    @Test
    void allEndsWithoutTheMonitorWhateverFails() throws Exception {
        live.replace(withRoomForOne(
                "127.0.0.1:3",
                "DNS_RESOLVERS",
                "127.0.0.1:53",
                "TARGET_GROUP_3_NAME",
                "last",
                "TARGET_GROUP_3_TARGETS",
                "127.0.0.1:5",
                "TARGET_GROUP_3_MAX_CONCURRENT_REQUESTS_PER_TARGET",
                "1",
                "TARGET_GROUP_3_QUEUE_SIZE",
                "1"));
        acquire(group("api"));
        CompletableFuture<Boolean> refused = refusedInVain(group("api"));
        assertThat(group("last").hasQueue()).isTrue();
        live.close();
        assertThat(refused).isCompletedWithValue(false);
        assertThat(group("last").hasQueue()).as("not closed").isFalse();
        assertThat(live.shared().timer().isShutdown()).isTrue();
    }

    /** They used to wait on, so that the host ended them without a response. */
    @Test
    void whoWaitsForATargetIsCutOffToo() throws Exception {
        live.replace(withRoomForOne("127.0.0.1:3", "DNS_RESOLVERS", "127.0.0.1:53"));
        acquire(group("api"));
        CompletableFuture<Boolean> refused = refusedInVain(group("api"));
        live.cutOff(Duration.ZERO);
        assertThat(refused).isCompletedWithValue(false);
    }

    @Test
    void whoWaitsForAGroupThatIsLeavingIsCutOffToo() throws Exception {
        live.replace(withRoomForOne("127.0.0.1:3", "DEREGISTRATION_DELAY_SECONDS", "3600"));
        acquire(group("api"));
        CompletableFuture<Boolean> refused = refusedInVain(group("api"));
        live.replace(configuration("TARGET_GROUP_2_NAME", "other"));
        assertThat(live.leavingGroups()).hasSize(1);
        live.cutOff(Duration.ZERO);
        assertThat(refused).isCompletedWithValue(false);
    }

    /** Metrics count on with the first of a name: they went down and up again with each further one. */
    @Test
    void ofTheGroupsThatAreLeavingTheLastToLeaveComesFirst() throws Exception {
        String[] slowly = {"DEREGISTRATION_DELAY_SECONDS", "3600"};
        String[] without = {"DEREGISTRATION_DELAY_SECONDS", "3600", "TARGET_GROUP_2_NAME", "other"};
        live.replace(configuration(slowly));
        TargetGroup former = group("api");
        live.replace(configuration(without));
        live.replace(configuration(slowly));
        TargetGroup latter = group("api");
        live.replace(configuration(without));
        assertThat(live.leavingGroups()).containsSubsequence(latter, former);
    }

    @Test
    void noHealthCheckBeginsOnceAllHasEnded() {
        live.close();
        assertThatThrownBy(() -> live.shared().healthChecker()).isInstanceOf(IllegalStateException.class);
    }

    /** The group api has one target, which takes one request at a time; another request may wait for a day. */
    private static Configuration withRoomForOne(String target, String... more) {
        Stream<String> variables = Stream.of(
                "TARGET_GROUP_2_TARGETS",
                target,
                "TARGET_GROUP_2_MAX_CONCURRENT_REQUESTS_PER_TARGET",
                "1",
                "TARGET_GROUP_2_QUEUE_SIZE",
                "1",
                "QUEUE_TIMEOUT_MILLISECONDS",
                "86400000");
        return configuration(Stream.concat(variables, Stream.of(more)).toArray(String[]::new));
    }

    /** Queues a request whose callback throws. The result is whether the callback was called with the monitor held. */
    private CompletableFuture<Boolean> refusedInVain(TargetGroup group) {
        CompletableFuture<Boolean> refused = new CompletableFuture<>();
        assertThat(group.place(Collections::emptyEnumeration).await(lease -> {
                    refused.complete(Thread.holdsLock(live));
                    throw new IllegalStateException("for a test");
                }))
                .isTrue();
        return refused;
    }

    /** Answers each query with NXDOMAIN, until the socket is closed. */
    private static void knowNothing(DatagramSocket socket) {
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(new byte[512], 512);
                socket.receive(packet);
                Message query = new Message(Arrays.copyOf(packet.getData(), packet.getLength()));
                Message answer = new Message(query.getHeader().getID());
                answer.getHeader().setFlag(Flags.QR);
                answer.getHeader().setRcode(Rcode.NXDOMAIN);
                answer.addRecord(query.getQuestion(), Section.QUESTION);
                packet.setData(answer.toWire());
                socket.send(packet);
            }
        } catch (IOException e) {
            assertThat(socket.isClosed()).isTrue();
        }
    }

    /** A hundred configurations in turn add, change and remove groups, health checks, TLS and DNS settings. */
    @Test
    void nothingOfAFormerConfigurationStays() throws Exception {
        List<WeakReference<Object>> former = new ArrayList<>();
        live.replace(changed(0)); // starts the health checks' thread
        live.replace(configuration());
        await().until(() -> live.leavingGroups().isEmpty());
        Set<String> threads = threads();
        int tasks = live.shared().timer().getQueue().size();
        for (int i = 0; i < 50; i++) {
            live.replace(changed(i));
            former.add(new WeakReference<>(live.current()));
            group("web").targets().forEach(target -> former.add(new WeakReference<>(target)));
            former.add(new WeakReference<>(group("other" + i % 3)));
            live.replace(configuration());
        }
        await().until(() -> live.leavingGroups().isEmpty());
        await().until(() -> live.shared().timer().getQueue().size() <= tasks);
        await().until(() -> connections().transports() == 1);
        await().untilAsserted(() -> {
            System.gc();
            assertThat(former).allMatch(reference -> reference.get() == null);
        });
        assertThat(threads).containsAll(threads());
    }

    /** Their pool used to be dropped, and nobody closed a connection that a request still made then. */
    @Test
    void theConnectionsToATargetThatDrainsAreLookedAfter() throws Exception {
        live.replace(configuration("DEREGISTRATION_DELAY_SECONDS", "60", "TARGET_GROUP_1_PROTOCOL", "HTTPS"));
        Lease lease = acquire(group("web"));
        live.replace(configuration("DEREGISTRATION_DELAY_SECONDS", "60"));
        connections().closeExpired();
        assertThat(connections().transports()).isEqualTo(2);
        assertThat(lease.target().isGone()).isFalse();
    }

    @Test
    void whoAsksForConnectionsMakesNone() throws Exception {
        live.replace(configuration("TARGET_GROUP_1_PROTOCOL", "HTTPS"));
        Target target = group("web").targets().get(0);
        live.replace(configuration());
        await().until(target::isGone);
        await().until(() -> connections().transports() == 1);
        assertThat(connections().count(target)).isEqualTo(ConnectionCount.NONE);
        connections().forget(target);
        assertThat(connections().transports()).isEqualTo(1);
    }

    private Connections connections() {
        return live.shared().connections();
    }

    private static Configuration changed(int i) {
        return configuration(
                "TARGET_GROUP_1_TARGETS",
                "127.0.0.1:9",
                "TARGET_GROUP_1_HEALTH_CHECK_PATH",
                "/" + i,
                "TARGET_GROUP_2_NAME",
                "other" + i % 3,
                "TARGET_GROUP_2_PROTOCOL",
                "HTTPS",
                "TARGET_GROUP_2_TARGETS",
                "127.0.0.1:3",
                "DNS_MAX_TTL_SECONDS",
                Integer.toString(50 + i));
    }

    private static Set<String> threads() {
        Set<String> names = new HashSet<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            names.add(thread.getName());
        }
        names.removeIf(name -> !name.startsWith("sluice-") && !name.startsWith("requester-"));
        return names;
    }
}
