package dev.sluice.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.config.DnsConfiguration;
import dev.sluice.config.TargetConfiguration;
import dev.sluice.contract.wire.DnsServer;
import dev.sluice.contract.wire.DnsServer.Trouble;
import dev.sluice.target.Endpoint;
import dev.sluice.target.Resolver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.xbill.DNS.hosts.HostsFileParser;

/** What is said of a name that does not resolve, and which names are looked up; the contract suite covers the rest. */
class DnsResolverTest {

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final String SEARCH = "dns.search"; // dnsjava's, instead of the system's
    private static final String NDOTS = "dns.ndots";
    private static final String SERVER = "dns.server";
    private static final String HOSTS_INTERVAL = "dnsjava.hostsfile.change_check_interval_ms";
    private static final String FIVE_SECONDS = "5000"; // what Sluice sets

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    /** What is to happen after some time happens at once. */
    private final ScheduledExecutorService timerWithoutDelay = new ScheduledThreadPoolExecutor(1) {
        @Override
        public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
            return super.schedule(task, 0, unit);
        }
    };

    @AfterEach
    void restore() {
        List.of(SEARCH, NDOTS, SERVER).forEach(System::clearProperty);
        System.setProperty(HOSTS_INTERVAL, FIVE_SECONDS);
        timer.shutdownNow();
        timerWithoutDelay.shutdownNow();
    }

    private DnsResolver resolver(DnsServer server) {
        return new DnsResolver(configuration(server), Runnable::run, timer);
    }

    @ParameterizedTest
    @CsvSource({
        "SERVFAIL, a.test, 80, A: SERVFAIL",
        "REFUSED, a.test, 80, A: REFUSED",
        "SILENCE, a.test, 80, A: no answer in time",
        "NXDOMAIN, a.test, 80, a.test does not exist (NXDOMAIN)",
        "EMPTY, a.test, 80, a.test has no A or AAAA record",
        "SERVFAIL, _web._tcp.test, 0, SRV: SERVFAIL",
        "SILENCE, _web._tcp.test, 0, SRV: no answer in time",
        "NXDOMAIN, _web._tcp.test, 0, _web._tcp.test does not exist (NXDOMAIN)",
        "EMPTY, _web._tcp.test, 0, _web._tcp.test has no usable SRV record",
    })
    void theReasonIsTheResponseCodeOrTheTimeOut(Trouble trouble, String name, int port, String reason)
            throws Exception {
        try (DnsServer server = new DnsServer();
                DnsResolver resolver = resolver(server)) {
            server.begin(trouble, name);
            assertThat(resolver.resolve(new TargetConfiguration(name, port, "", 1))
                            .toCompletableFuture()
                            .get()
                            .problem())
                    .isEqualTo(reason);
        }
    }

    /** The configured minimum would leave targets missing for as long. */
    @ParameterizedTest
    @EnumSource
    void whatMayBeMissingIsLookedUpSoon(Trouble trouble) throws Exception {
        try (DnsServer server = new DnsServer();
                DnsResolver resolver = new DnsResolver(
                        configuration(server, Duration.ofSeconds(45), Duration.ofSeconds(60)), Runnable::run, timer)) {
            server.begin(trouble, "a.test");
            assertThat(validFor(resolver, "a.test", 80)).isEqualTo(SOON);
            server.begin(trouble, "_web._tcp.test");
            assertThat(validFor(resolver, "_web._tcp.test", 0)).isEqualTo(SOON);
            server.set("b.test", 50, "127.0.0.2");
            assertThat(validFor(resolver, "b.test", 80)).hasSeconds(50);
            boolean isComplete = trouble == Trouble.EMPTY || trouble == Trouble.NXDOMAIN; // there is no IPv6 address
            server.beginWithIpv6(trouble, "b.test");
            assertThat(validFor(resolver, "b.test", 80)).isEqualTo(isComplete ? Duration.ofSeconds(50) : SOON);
        }
    }

    private static @Nullable Duration validFor(DnsResolver resolver, String name, int port) throws Exception {
        return resolver.resolve(new TargetConfiguration(name, port, "", 1))
                .toCompletableFuture()
                .get()
                .validFor();
    }

    /** RFC 2782: the names in SRV records are complete. A search domain may have anything of the same name, too. */
    @ParameterizedTest
    @CsvSource({"_web._tcp.test., 0", "web.test., 80"})
    void aCompleteNameIsNotSearchedForInOtherDomains(String name, int port) throws Exception {
        System.setProperty(SEARCH, "elsewhere.test");
        System.setProperty(NDOTS, "5");
        try (DnsServer server = new DnsServer();
                DnsResolver resolver = resolver(server)) {
            server.set("_web._tcp.test", 1, new DnsServer.Service(0, 1, 80, "web.test"));
            server.set("web.test", 1, "127.0.0.2");
            server.set("web.test.elsewhere.test", 1, "127.0.0.3");
            assertThat(endpoints(resolver, "web.test", 80)).containsExactly("web.test:80@127.0.0.3");
            assertThat(endpoints(resolver, name, port)).containsExactly("web.test:80@127.0.0.2");
        }
    }

    /**
     * Asks for these names in turn: web.shop.test.one.test, web.shop.test.two.test, web.shop.test. What DNS has for
     * each: a response to all types, or to IPv4 and IPv6, or addresses.
     */
    @ParameterizedTest
    @CsvSource({
        "NXDOMAIN, 127.0.0.2, 127.0.0.3, web.shop.test:80@127.0.0.2",
        "EMPTY, 127.0.0.2, 127.0.0.3, web.shop.test:80@127.0.0.2", // such as by a wildcard for mail
        "EMPTY, NXDOMAIN, 127.0.0.3, web.shop.test:80@127.0.0.3",
        "127.0.0.1, ::1, 127.0.0.3, web.shop.test:80@127.0.0.1", // and not ::1
        "NXDOMAIN SERVFAIL, 127.0.0.2, 127.0.0.3, web.shop.test:80@127.0.0.2",
        "NXDOMAIN SILENCE, 127.0.0.2, 127.0.0.3, web.shop.test:80@127.0.0.2",
        "EMPTY SERVFAIL, 127.0.0.2, 127.0.0.3, AAAA: SERVFAIL",
        "SERVFAIL NXDOMAIN, 127.0.0.2, 127.0.0.3, A: SERVFAIL",
        "SERVFAIL, 127.0.0.2, 127.0.0.3, A: SERVFAIL",
        "EMPTY, NXDOMAIN, NXDOMAIN, web.shop.test has no A or AAAA record",
        "NXDOMAIN, NXDOMAIN, NXDOMAIN, web.shop.test does not exist (NXDOMAIN)",
    })
    void theFirstDomainThatHasAnyAddressCounts(String one, String two, String none, String outcome) throws Exception {
        System.setProperty(SEARCH, "one.test,two.test");
        System.setProperty(NDOTS, "5");
        try (DnsServer server = new DnsServer();
                DnsResolver resolver = resolver(server)) {
            set(server, "web.shop.test.one.test", one);
            set(server, "web.shop.test.two.test", two);
            set(server, "web.shop.test", none);
            Resolver.Answer answer = resolver.resolve(new TargetConfiguration("web.shop.test", 80, "", 1))
                    .toCompletableFuture()
                    .get();
            assertThat(
                            answer.endpoints().isEmpty()
                                    ? answer.problem()
                                    : answer.endpoints().get(0).toString())
                    .isEqualTo(outcome);
            assertThat(answer.endpoints()).hasSizeLessThan(2);
        }
    }

    private static void set(DnsServer server, String name, String response) throws Exception {
        if (Character.isUpperCase(response.charAt(0))) {
            String[] troubles = response.split(" ", -1);
            server.begin(Trouble.valueOf(troubles[0]), name);
            server.beginWithIpv6(Trouble.valueOf(troubles[troubles.length - 1]), name);
        } else {
            server.set(name, 1, response);
        }
    }

    /** As for hosts: a name that has other records only does not end the search. */
    @Test
    void aServiceIsSearchedForUntilADomainHasIt() throws Exception {
        System.setProperty(SEARCH, "one.test");
        System.setProperty(NDOTS, "5");
        try (DnsServer server = new DnsServer();
                DnsResolver resolver = resolver(server)) {
            server.begin(Trouble.EMPTY, "_web._tcp.test.one.test");
            server.set("_web._tcp.test", 1, new DnsServer.Service(0, 1, 80, "web.test"));
            server.set("web.test", 1, "127.0.0.2");
            assertThat(endpoints(resolver, "_web._tcp.test", 0)).containsExactly("web.test:80@127.0.0.2");
        }
    }

    /** A host is asked for once, whatever the number of its ports; 0 is none. */
    @Test
    void theRecordsOfAServiceComeInTheOrderInWhichTheyCount() throws Exception {
        try (DnsServer server = new DnsServer();
                DnsResolver resolver = resolver(server)) {
            server.set(
                    "_web._tcp.test",
                    1,
                    new DnsServer.Service(1, 9, 80, "web.test"),
                    new DnsServer.Service(0, 1, 81, "WEB.test"),
                    new DnsServer.Service(0, 9, 0, "web.test"),
                    new DnsServer.Service(0, 2, 82, "web.test"));
            server.set("web.test", 1, "127.0.0.2");
            assertThat(endpoints(resolver, "_web._tcp.test", 0))
                    .extracting(endpoint -> endpoint.substring(endpoint.indexOf(':')))
                    .containsExactly(":82@127.0.0.2", ":81@127.0.0.2", ":80@127.0.0.2");
            assertThat(server.asked("web.test")).isEqualTo(2); // for IPv4 and IPv6
        }
    }

    /** A broken one answers SERVFAIL, one that is not meant to be asked REFUSED; the other may know. */
    @ParameterizedTest
    @EnumSource(names = {"SERVFAIL", "REFUSED", "SILENCE"})
    void whereOneNameServerKnowsNothingTheOtherIsAsked(Trouble trouble) throws Exception {
        try (DnsServer broken = new DnsServer();
                DnsServer sound = new DnsServer();
                DnsResolver resolver = new DnsResolver(
                        new DnsConfiguration(
                                List.of(address(broken), address(sound)),
                                DnsConfiguration.DEFAULT.minTtl(),
                                DnsConfiguration.DEFAULT.maxTtl()),
                        Runnable::run,
                        timer)) {
            broken.begin(trouble, "_web._tcp.test");
            broken.begin(trouble, "a.test");
            sound.set("_web._tcp.test", 1, new DnsServer.Service(0, 1, 80, "a.test"));
            sound.set("a.test", 1, "127.0.0.2");
            assertThat(endpoints(resolver, "_web._tcp.test", 0)).containsExactly("a.test:80@127.0.0.2");
        }
    }

    /** Even while all threads for look-ups wait for the system, as all do here, for ever. */
    @Test
    void aSystemThatHasOtherNameServersByNowIsFollowed() throws Exception {
        try (DnsServer former = new DnsServer();
                DnsServer present = new DnsServer()) {
            former.begin(Trouble.SERVFAIL, "a.test");
            present.set("a.test", 1, "127.0.0.2");
            System.setProperty(SERVER, former.address());
            try (DnsResolver resolver = new DnsResolver(DnsConfiguration.DEFAULT, lookUp -> {}, timerWithoutDelay)) {
                System.setProperty(SERVER, present.address());
                assertThat(endpoints(resolver, "a.test", 80)).isEmpty(); // and asks the system for name servers
                await().untilAsserted(() ->
                        assertThat(endpoints(resolver, "a.test", 80)).containsExactly("a.test:80@127.0.0.2"));
            }
        }
    }

    /** Whatever name servers are asked. */
    @Test
    void aSystemThatHasOtherSearchDomainsByNowIsFollowed() throws Exception {
        System.setProperty(SEARCH, "here.test");
        try (DnsServer server = new DnsServer();
                DnsResolver resolver = resolver(server)) {
            server.set("web.elsewhere.test", 1, "127.0.0.2");
            assertThat(endpoints(resolver, "web", 80)).isEmpty();
            System.setProperty(SEARCH, "elsewhere.test");
            await().untilAsserted(
                            () -> assertThat(endpoints(resolver, "web", 80)).containsExactly("web:80@127.0.0.2"));
        }
    }

    /** The system may know what DNS does not, but may hang; in vain, a name does not take one thread after the other. */
    @Test
    void aSystemThatDoesNotAnswerIsGivenUpAndNotAskedAgainMeanwhile(@TempDir Path directory) throws Exception {
        Queue<Runnable> lookUps = new ConcurrentLinkedQueue<>();
        Path hosts = Files.writeString(directory.resolve("hosts"), "127.0.0.9 other.test\n");
        try (DnsServer server = new DnsServer()) {
            server.begin(Trouble.NXDOMAIN, "localhost");
            System.setProperty(SERVER, server.address());
            try (DnsResolver resolver = new DnsResolver(
                    DnsConfiguration.DEFAULT, lookUps::add, timerWithoutDelay, new HostsFileParser(hosts))) {
                for (int time = 1; time <= 3; time++) {
                    assertThat(problem(resolver, "localhost")).isEqualTo("localhost does not exist (NXDOMAIN)");
                    assertThat(problem(resolver, "other.test"))
                            .isEqualTo("other.test is in the hosts file, but the system finds no address");
                    assertThat(lookUps).hasSize(2);
                }
                lookUps.forEach(Runnable::run);
                lookUps.clear();
                assertThat(problem(resolver, "localhost")).isEqualTo("localhost does not exist (NXDOMAIN)");
                assertThat(lookUps).as("asked again after an answer").hasSize(1);
            }
        }
    }

    private static @Nullable String problem(DnsResolver resolver, String name) throws Exception {
        return resolver.resolve(new TargetConfiguration(name, 80, "", 1))
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS) // it may never be given up
                .problem();
    }

    /** A large one is no different; dnsjava would ignore what has grown to more than 16 KiB. */
    @Test
    void aHostsFileThatHasGrownIsReadAgain(@TempDir Path directory) throws Exception {
        System.setProperty(HOSTS_INTERVAL, "0");
        Path hosts = Files.writeString(directory.resolve("hosts"), "127.0.0.9 other.test\n");
        try (DnsServer server = new DnsServer();
                DnsResolver resolver =
                        new DnsResolver(configuration(server), Runnable::run, timer, new HostsFileParser(hosts))) {
            server.set("localhost", 1, "127.0.0.2");
            assertThat(endpoints(resolver, "localhost", 80)).containsExactly("localhost:80@127.0.0.2");
            Files.writeString(hosts, "# many a name\n".repeat(2000) + "127.0.0.1 localhost\n");
            Files.setLastModifiedTime(hosts, FileTime.from(Instant.now().plusSeconds(9)));
            await().untilAsserted(() ->
                    assertThat(endpoints(resolver, "localhost", 80)).contains("localhost:80@127.0.0.1"));
        }
    }

    private static List<String> endpoints(DnsResolver resolver, String name, int port) throws Exception {
        return resolver
                .resolve(new TargetConfiguration(name, port, "", 1))
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS)
                .endpoints()
                .stream()
                .map(Endpoint::toString)
                .toList();
    }

    private static DnsConfiguration configuration(DnsServer server) {
        return configuration(server, DnsConfiguration.DEFAULT.minTtl(), DnsConfiguration.DEFAULT.maxTtl());
    }

    private static DnsConfiguration configuration(DnsServer server, Duration minTtl, Duration maxTtl) {
        return new DnsConfiguration(List.of(address(server)), minTtl, maxTtl);
    }

    private static InetSocketAddress address(DnsServer server) {
        int port = Integer.parseInt(server.address().substring(server.address().indexOf(':') + 1));
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }
}
