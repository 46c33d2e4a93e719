package dev.sluice.config;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.config.HealthCheckConfiguration.Protocol;
import dev.sluice.config.StatusCodes.Range;
import dev.sluice.config.StickinessConfiguration.Kind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationTest {

    /** The smallest valid configuration. */
    private static final Map<String, String> LEAST = Map.of(
            "TARGET_GROUP_1_NAME", "demo",
            "TARGET_GROUP_1_TARGETS", "localhost:8081",
            "LISTENER_RULE_1_PATH_PREFIX", "/",
            "LISTENER_RULE_1_TARGET_GROUP", "demo");

    private static final String SECRET = "0123456789abcdef";

    @TempDir
    Path directory;

    @Test
    void theLeastHasTheDefaults() {
        assertThat(load())
                .isEqualTo(new Configuration(
                        new ListenerConfiguration(
                                null, 8080, null, 32768, 16384, Duration.ofSeconds(10), Integer.MAX_VALUE),
                        new TimeoutConfiguration(
                                Duration.ofSeconds(5), Duration.ofSeconds(60), Duration.ofSeconds(3600)),
                        new ForwardedConfiguration(List.of(), ForwardedHeaders.X_FORWARDED, false),
                        new ObservationConfiguration(AccessLogFormat.OFF, List.of(), true, false),
                        new DnsConfiguration(List.of(), Duration.ofSeconds(1), Duration.ofSeconds(60)),
                        null,
                        new ShutdownConfiguration(Duration.ZERO, Duration.ofSeconds(10)),
                        null,
                        List.of(new TargetGroupConfiguration(
                                "demo",
                                AlgorithmName.ROUND_ROBIN,
                                List.of(new TargetConfiguration("localhost", 8081, "", 1)),
                                TransportConfiguration.PLAIN,
                                null,
                                Duration.ZERO,
                                Integer.MAX_VALUE,
                                new QueueConfiguration(0, Duration.ofSeconds(5)),
                                null,
                                false,
                                new EjectionConfiguration(5, Duration.ofSeconds(10), false),
                                new RetryConfiguration(3, 20, new StatusCodes(List.of())),
                                new ForwardingConfiguration(false, false, Long.MAX_VALUE),
                                Duration.ofSeconds(30))),
                        List.of(new RuleConfiguration("/", "", "demo"))));
    }

    @Test
    void everyVariableIsRead() {
        Configuration configuration = load(
                "LISTENER_ADDRESS", "[::1]",
                "LISTENER_PORT", "80",
                "LISTENER_TLS_PORT", "443",
                "LISTENER_TLS_CERTIFICATE_FILE", "/etc/tls/fullchain.pem",
                "LISTENER_TLS_KEY_FILE", "/etc/tls/privkey.pem",
                "MAX_REQUEST_HEADER_BYTES", "8192",
                "MAX_REQUEST_URI_BYTES", "4096",
                "REQUEST_HEADER_TIMEOUT_SECONDS", "0",
                "MAX_CONNECTIONS", "1000",
                "CONNECTION_TIMEOUT", "250",
                "LOAD_BALANCING_ALGORITHM", "LRT",
                "TRUSTED_PROXIES", "10.0.0.0/8, ::1",
                "FORWARDED_HEADERS", "both",
                "VIA", "true",
                "ACCESS_LOG", "json",
                "ACCESS_LOG_HEADERS", "User-Agent, Referer, user-agent",
                "ACCESS_LOG_QUERY", "false",
                "TRACING", "on",
                "PRESERVE_HOST_HEADER", "true",
                "LOCATION_REWRITE", "false",
                "MAX_REQUEST_BODY_BYTES", "5000000000",
                "TARGET_GROUP_2_PRESERVE_HOST_HEADER", "false",
                "TARGET_GROUP_2_LOCATION_REWRITE", "true",
                "TARGET_GROUP_2_MAX_REQUEST_BODY_BYTES", "0",
                "STICKINESS_SECRET", SECRET,
                "ADMIN_PATH", "/-/sluice/",
                "ADMIN_ALLOW", "10.0.0.0/8, ::1",
                "ADMIN_TOKEN", SECRET,
                "SHUTDOWN_DELAY_SECONDS", "5",
                "SHUTDOWN_TIMEOUT_SECONDS", "0",
                "STICKINESS_COOKIE_DURATION_SECONDS", "60",
                "QUEUE_TIMEOUT_MILLISECONDS", "70",
                "STREAM_IDLE_TIMEOUT_SECONDS", "301",
                "TUNNEL_IDLE_TIMEOUT_SECONDS", "0",
                "DNS_RESOLVERS", "192.0.2.53, [2001:db8::53]:5353",
                "DNS_MIN_TTL_SECONDS", "2",
                "DNS_MAX_TTL_SECONDS", "3",
                "HEALTH_CHECK_FAIL_OPEN", "true",
                "EJECTION_CONSECUTIVE_FAILURES", "6",
                "EJECTION_DURATION_SECONDS", "7",
                "EJECTION_ON_SERVER_ERRORS", "true",
                "RETRY_ATTEMPTS", "2",
                "RETRY_BUDGET_PERCENT", "21",
                "RETRY_ON_STATUS", "502,503",
                "DEREGISTRATION_DELAY_SECONDS", "31",
                "TARGET_GROUP_2_HEALTH_CHECK_ENABLED", "true",
                "TARGET_GROUP_2_HEALTH_CHECK_PROTOCOL", "https",
                "TARGET_GROUP_2_HEALTH_CHECK_PATH", "/health?deep=1",
                "TARGET_GROUP_2_HEALTH_CHECK_PORT", "8443",
                "TARGET_GROUP_2_HEALTH_CHECK_INTERVAL_SECONDS", "4",
                "TARGET_GROUP_2_HEALTH_CHECK_TIMEOUT_SECONDS", "3",
                "TARGET_GROUP_2_HEALTHY_THRESHOLD_COUNT", "5",
                "TARGET_GROUP_2_UNHEALTHY_THRESHOLD_COUNT", "6",
                "TARGET_GROUP_2_HEALTH_CHECK_MATCHER", "200,204-206",
                "TARGET_GROUP_2_HEALTH_CHECK_FAIL_OPEN", "false",
                "TARGET_GROUP_2_EJECTION_CONSECUTIVE_FAILURES", "0",
                "TARGET_GROUP_2_EJECTION_DURATION_SECONDS", "8",
                "TARGET_GROUP_2_EJECTION_ON_SERVER_ERRORS", "false",
                "TARGET_GROUP_2_RETRY_ATTEMPTS", "1",
                "TARGET_GROUP_2_RETRY_BUDGET_PERCENT", "0",
                "TARGET_GROUP_2_RETRY_ON_STATUS", "500-599",
                "TARGET_GROUP_2_DEREGISTRATION_DELAY_SECONDS", "0",
                "TARGET_GROUP_2_NAME", "other",
                "TARGET_GROUP_2_TARGETS", "a:1/v1 weight=5, [::1]:2",
                "TARGET_GROUP_2_PROTOCOL", "https",
                "TARGET_GROUP_2_PROTOCOL_VERSION", "http2",
                "TARGET_GROUP_2_TLS_INSECURE_SKIP_VERIFY", "true",
                "TARGET_GROUP_2_ALGORITHM", "STICKY",
                "TARGET_GROUP_2_STICKINESS_COOKIE_NAME", "JSESSIONID",
                "TARGET_GROUP_2_STICKINESS_COOKIE_DURATION_SECONDS", "61",
                "TARGET_GROUP_2_SLOW_START_DURATION_SECONDS", "30",
                "TARGET_GROUP_2_MAX_CONCURRENT_REQUESTS_PER_TARGET", "100",
                "TARGET_GROUP_2_QUEUE_SIZE", "200",
                "TARGET_GROUP_2_QUEUE_TIMEOUT_MILLISECONDS", "71",
                "LISTENER_RULE_2_PATH_PREFIX", "/my/listener",
                "LISTENER_RULE_2_PATH_REWRITE", "/my",
                "LISTENER_RULE_2_TARGET_GROUP", "other");
        assertThat(configuration.listener())
                .isEqualTo(new ListenerConfiguration(
                        IpAddress.parse("::1"),
                        80,
                        new ListenerConfiguration.Tls(
                                443, Path.of("/etc/tls/fullchain.pem"), Path.of("/etc/tls/privkey.pem")),
                        8192,
                        4096,
                        Duration.ZERO,
                        1000));
        assertThat(configuration.timeouts().connection()).isEqualTo(Duration.ofMillis(250));
        assertThat(configuration.timeouts().streamIdle()).isEqualTo(Duration.ofSeconds(301));
        assertThat(configuration.timeouts().tunnelIdle()).isZero();
        assertThat(configuration.forwarded())
                .isEqualTo(new ForwardedConfiguration(
                        List.of(Cidr.parse("10.0.0.0/8"), Cidr.parse("::1")), ForwardedHeaders.BOTH, true));
        assertThat(configuration.observation())
                .isEqualTo(new ObservationConfiguration(
                        AccessLogFormat.JSON, List.of("User-Agent", "Referer"), false, true));
        assertThat(configuration.stickinessSecret()).isEqualTo(SECRET);
        assertThat(configuration.admin())
                .isEqualTo(new AdminConfiguration(
                        "/-/sluice", List.of(Cidr.parse("10.0.0.0/8"), Cidr.parse("::1")), SECRET));
        assertThat(configuration.shutdown()).isEqualTo(new ShutdownConfiguration(Duration.ofSeconds(5), Duration.ZERO));
        assertThat(configuration.targetGroups().get(0).algorithm()).isEqualTo(AlgorithmName.LRT);
        assertThat(configuration.targetGroups().get(0).queue().timeout()).isEqualTo(Duration.ofMillis(70));
        assertThat(configuration.targetGroups().get(1))
                .isEqualTo(new TargetGroupConfiguration(
                        "other",
                        AlgorithmName.STICKY,
                        List.of(new TargetConfiguration("a", 1, "/v1", 5), new TargetConfiguration("::1", 2, "", 1)),
                        new TransportConfiguration(
                                TransportConfiguration.Protocol.HTTPS,
                                TransportConfiguration.Version.HTTP2,
                                null,
                                false),
                        new StickinessConfiguration(Kind.APPLICATION_COOKIE, "JSESSIONID", Duration.ofSeconds(61)),
                        Duration.ofSeconds(30),
                        100,
                        new QueueConfiguration(200, Duration.ofMillis(71)),
                        new HealthCheckConfiguration(
                                Protocol.HTTPS,
                                "/health?deep=1",
                                8443,
                                Duration.ofSeconds(4),
                                Duration.ofSeconds(3),
                                5,
                                6,
                                new StatusCodes(List.of(new Range(200, 200), new Range(204, 206)))),
                        false,
                        new EjectionConfiguration(0, Duration.ofSeconds(8), false),
                        new RetryConfiguration(1, 0, new StatusCodes(List.of(new Range(500, 599)))),
                        new ForwardingConfiguration(false, true, Long.MAX_VALUE),
                        Duration.ZERO));
        TargetGroupConfiguration first = configuration.targetGroups().get(0);
        assertThat(first.failOpen()).isTrue();
        assertThat(first.ejection()).isEqualTo(new EjectionConfiguration(6, Duration.ofSeconds(7), true));
        assertThat(first.retry())
                .isEqualTo(new RetryConfiguration(
                        2, 21, new StatusCodes(List.of(new Range(502, 502), new Range(503, 503)))));
        assertThat(first.forwarding()).isEqualTo(new ForwardingConfiguration(true, false, 5_000_000_000L));
        assertThat(first.deregistrationDelay()).isEqualTo(Duration.ofSeconds(31));
        assertThat(configuration.dns())
                .isEqualTo(new DnsConfiguration(
                        List.of(new InetSocketAddress("192.0.2.53", 53), new InetSocketAddress("2001:db8::53", 5353)),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(3)));
        assertThat(configuration.rules().get(1)).isEqualTo(new RuleConfiguration("/my/listener", "/my", "other"));
    }

    @Test
    void aPathAloneSwitchesHealthChecksOn() {
        assertThat(load("TARGET_GROUP_1_HEALTH_CHECK_PATH", "/health")
                        .targetGroups()
                        .get(0)
                        .healthCheck())
                .isEqualTo(new HealthCheckConfiguration(
                        Protocol.HTTP,
                        "/health",
                        0,
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(2),
                        2,
                        2,
                        new StatusCodes(List.of(new Range(200, 399)))));
    }

    @ParameterizedTest
    @CsvSource({"HTTP, HTTP1, HTTP", "HTTPS, HTTP1, HTTPS", "HTTP, HTTP2, TCP", "HTTPS, HTTP2, TCP"})
    void checksFollowTheGroupsProtocolAsFarAsTheyKnowIt(String protocol, String version, Protocol checked) {
        assertThat(load(
                                "TARGET_GROUP_1_PROTOCOL", protocol,
                                "TARGET_GROUP_1_PROTOCOL_VERSION", version,
                                "TARGET_GROUP_1_HEALTH_CHECK_ENABLED", "true")
                        .targetGroups()
                        .get(0)
                        .healthCheck())
                .extracting(HealthCheckConfiguration::protocol)
                .isEqualTo(checked);
    }

    @Test
    void aPathToCheckInHttp2NeedsAWord() {
        assertThat(problems(
                        "TARGET_GROUP_1_PROTOCOL_VERSION", "HTTP2",
                        "TARGET_GROUP_1_HEALTH_CHECK_PATH", "/health"))
                .extracting(Problem::variable)
                .containsExactly("TARGET_GROUP_1_HEALTH_CHECK_PATH");
        assertThat(load(
                                "TARGET_GROUP_1_PROTOCOL_VERSION", "HTTP2",
                                "TARGET_GROUP_1_HEALTH_CHECK_PATH", "/health",
                                "TARGET_GROUP_1_HEALTH_CHECK_PROTOCOL", "HTTP")
                        .targetGroups())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                              | has no certificate",
                "nothing of the kind             | no certificate in PEM",
                "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n | no certificate in PEM",
            })
    void aFileWithoutCertificatesIsAProblem(String content, String problem) throws IOException {
        Path file = Files.writeString(directory.resolve("ca.pem"), content.replace("\\n", "\n"));
        assertThat(problems("TARGET_GROUP_1_PROTOCOL", "HTTPS", "TARGET_GROUP_1_TLS_CA_FILE", file.toString()))
                .singleElement()
                .satisfies(found -> {
                    assertThat(found.variable()).isEqualTo("TARGET_GROUP_1_TLS_CA_FILE");
                    assertThat(found.message()).contains(problem);
                });
    }

    @Test
    void healthChecksCanBeSwitchedOffAndKeepTheirSettings() {
        assertThat(load(
                                "TARGET_GROUP_1_HEALTH_CHECK_ENABLED", "false",
                                "TARGET_GROUP_1_HEALTH_CHECK_PATH", "/health",
                                "TARGET_GROUP_1_HEALTH_CHECK_INTERVAL_SECONDS", "5")
                        .targetGroups()
                        .get(0)
                        .healthCheck())
                .isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TARGET_GROUP_1_HEALTH_CHECK_ENABLED | yes | must be true or false",
                "TARGET_GROUP_1_HEALTH_CHECK_PROTOCOL | UDP | the protocol must be one of [HTTP, HTTPS, TCP]",
                "TARGET_GROUP_1_HEALTH_CHECK_PATH | health | must be a path that begins with a slash, of visible ASCII characters, without #",
                "TARGET_GROUP_1_HEALTH_CHECK_PATH | /a b | must be a path that begins with a slash, of visible ASCII characters, without #",
                "TARGET_GROUP_1_HEALTH_CHECK_MATCHER | 2xx | must be status codes from 200 to 599 with commas, or a range of them with a hyphen, as in 200,204 or 200-399",
                "TARGET_GROUP_1_HEALTH_CHECK_MATCHER | 100-199 | must be status codes from 200 to 599 with commas, or a range of them with a hyphen, as in 200,204 or 200-399",
                "TARGET_GROUP_1_HEALTH_CHECK_INTERVAL_SECONDS | 5 | is only for a group with health checks; set TARGET_GROUP_1_HEALTH_CHECK_PATH or TARGET_GROUP_1_HEALTH_CHECK_ENABLED too",
                "TARGET_GROUP_1_HEALTH_CHECK_FAIL_OPEN | true | is only for a group with health checks; set TARGET_GROUP_1_HEALTH_CHECK_PATH or TARGET_GROUP_1_HEALTH_CHECK_ENABLED too",
                "TARGET_GROUP_1_QUEUE_TIMEOUT_MILLISECONDS | 100 | requests wait only where there is a queue; set TARGET_GROUP_1_QUEUE_SIZE too",
                "TARGET_GROUP_1_HEALTHY_THRESHOLD_COUNT | 0 | must be checks in a row, a whole number from 1 to 10",
                "TARGET_GROUP_1_PROTOCOL | GRPC | the protocol must be one of [HTTP, HTTPS]",
                "TARGET_GROUP_1_PROTOCOL_VERSION | HTTP3 | the version must be one of [HTTP1, HTTP2]",
                "TARGET_GROUP_1_TLS_CA_FILE | missing.pem | there is no file MISSING",
                "TARGET_GROUP_1_TLS_INSECURE_SKIP_VERIFY | on | must be true or false",
                "TARGET_GROUP_1_TLS_INSECURE_SKIP_VERIFY | true | is only for a group with TLS; set TARGET_GROUP_1_PROTOCOL=HTTPS too",
                "RETRY_ON_STATUS | 399-200 | must be status codes from 200 to 599 with commas, or a range of them with a hyphen, as in 200,204 or 200-399",
                "RETRY_ATTEMPTS | 0 | must be targets to try at most, a whole number from 1 to 10",
                "DNS_MAX_TTL_SECONDS | 0 | must be seconds, a whole number from 1 to 86400",
                "DNS_MIN_TTL_SECONDS | 61 | DNS_MIN_TTL_SECONDS, 61, must not be more than DNS_MAX_TTL_SECONDS, 60",
                "DNS_RESOLVERS | dns.example.com | a name server is address[:port], as in 192.0.2.53 or [2001:db8::53]:5353, not \"dns.example.com\"",
                "TARGET_GROUP_1_HEALTH_CHECK_INTERVAL | 5 | there is no such variable; did you mean TARGET_GROUP_1_HEALTH_CHECK_INTERVAL_SECONDS?",
                "EJECTION_DURATION | 5 | there is no such variable; did you mean EJECTION_DURATION_SECONDS?",
                "SLOW_START_DURATION_SECONDS | 5 | there is no such variable; did you mean TARGET_GROUP_1_SLOW_START_DURATION_SECONDS?",
                "TARGET_GROUP_1_CONNECTION_TIMEOUT | 5 | there is no such variable; did you mean CONNECTION_TIMEOUT?",
                "LISTENER_SERVICE_HOST | a | there is no such variable.",
            })
    void whatTheLifeOfATargetMustNotBe(String variable, String value, String problem) {
        String message = problem.replace(
                "MISSING", Path.of("missing.pem").toAbsolutePath().toString());
        assertThat(problems(variable, value)).containsExactly(new Problem(variable, value, message));
    }

    @ParameterizedTest
    @CsvSource({
        "TARGET_GROUP_1_HEALTH_CHECK_PATH, /health",
        "TARGET_GROUP_1_HEALTH_CHECK_MATCHER, 200",
    })
    void whatACheckByTcpCannotLookAtIsAProblem(String variable, String value) {
        assertThat(problems(
                        "TARGET_GROUP_1_HEALTH_CHECK_ENABLED",
                        "true",
                        "TARGET_GROUP_1_HEALTH_CHECK_PROTOCOL",
                        "TCP",
                        variable,
                        value))
                .containsExactly(new Problem(variable, value, "is only for checks by HTTP or HTTPS, not TCP"));
    }

    @Test
    void withoutAPathChecksAreAtTheRoot() {
        assertThat(Objects.requireNonNull(group("TARGET_GROUP_1_HEALTH_CHECK_ENABLED", "true")
                                .healthCheck())
                        .path())
                .isEqualTo("/");
    }

    @Test
    void aMisspeltVariableOfAnotherGroupIsOneProblem() {
        assertThat(problems("TARGET_GROUP_2_NAM", "other", "TARGET_GROUP_2_TARGETS", "b:1"))
                .extracting(Problem::variable)
                .containsExactly("TARGET_GROUP_2_NAM");
    }

    /** Operators could not name such a group in a path. */
    @ParameterizedTest
    @ValueSource(strings = {".", "..", "a\\b", "a\tb"})
    void aGroupHasANameThatFitsIntoAPath(String name) {
        assertThat(problems("TARGET_GROUP_1_NAME", name, "LISTENER_RULE_1_TARGET_GROUP", name))
                .extracting(Problem::message)
                .containsExactly("the name must not be . or .., nor have backslashes or control characters");
    }

    /** With the whole list for each, a long one could take all memory. */
    @Test
    void aProblemOfAnEntryHasOnlyThat() {
        assertThat(problems("TARGET_GROUP_1_TARGETS", "a:80, b:0, a:80"))
                .extracting(Problem::value)
                .containsExactly("b:0", "a:80");
    }

    @Test
    void aPathIsNotCheckedOverHttp2() {
        assertThat(problems("TARGET_GROUP_1_PROTOCOL_VERSION", "HTTP2", "TARGET_GROUP_1_HEALTH_CHECK_PATH", "/health"))
                .containsExactly(new Problem(
                        "TARGET_GROUP_1_HEALTH_CHECK_PATH",
                        "/health",
                        "is for checks in HTTP/1.1, which a target of PROTOCOL_VERSION=HTTP2 need not speak;"
                                + " set TARGET_GROUP_1_HEALTH_CHECK_PROTOCOL too"));
    }

    @ParameterizedTest
    @CsvSource({
        "TRUSTED_PROXIES, 'proxy.example, 10.0.0.1/8, ::1, 10.0.0.0/', proxy.example, 10.0.0.1/8, 10.0.0.0/",
        "DNS_RESOLVERS, 'one, 192.0.2.53, two, 192.0.2.53:0', one, two, 0",
    })
    void everyWrongEntryOfAListIsAProblem(String variable, String value, String one, String two, String three) {
        assertThat(problems(variable, value))
                .extracting(Problem::message)
                .satisfiesExactly(
                        message -> assertThat(message).contains(one),
                        message -> assertThat(message).contains(two),
                        message -> assertThat(message).contains(three));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "TARGET_GROUP_1_NAME         | \"web\"",
                "TARGET_GROUP_1_NAME         | 'web'",
                "TARGET_GROUP_1_TARGETS      | \"a:80\"",
                "LISTENER_PORT               | \"80\"",
                "LISTENER_RULE_1_PATH_PREFIX | \"/\"",
            })
    void aQuotedValueIsAProblem(String variable, String value) {
        assertThat(problems(variable, value))
                .containsExactly(new Problem(variable, value, "the value must not be in quotes"));
    }

    @Test
    void aSecretMayBeQuoted() {
        String quoted = '"' + SECRET + '"';
        assertThat(load("STICKINESS_SECRET", quoted).stickinessSecret()).isEqualTo(quoted);
    }

    @Test
    void nothingAtAllTellsWhatIsNeeded() {
        assertThat(catchThrowableOfType(ConfigurationException.class, () -> Configuration.load(Map.of(), Map.of())))
                .hasMessage("""
                        TARGET_GROUP_1_NAME: is missing; it must be the name that rules know the target group by
                        TARGET_GROUP_1_TARGETS: is missing; it must be hostname:port[/base-uri] [weight=W], or several with commas
                        LISTENER_RULE_1_PATH_PREFIX: is missing; it must be a path, / for every request
                        LISTENER_RULE_1_TARGET_GROUP: is missing; it must be the name of a target group""");
    }

    /** Whoever wrote {@code TARGET_GROUP_1_NAME=$NAME} knows that it is not missing. */
    @Test
    void whatIsRequiredMayBeEmptyInsteadOfMissing() throws IOException {
        Path file = file("TARGET_GROUP_1_NAME=", "LISTENER_RULE_1_TARGET_GROUP=");
        assertThat(problemsOf(
                        Map.of("CONFIG_FILE", file.toString(), "TARGET_GROUP_1_NAME", " "),
                        Map.of("LISTENER_RULE_1_PATH_PREFIX", "", "LISTENER_RULE_1_PATH_REWRITE", "")))
                .containsExactly(
                        new Problem(
                                "TARGET_GROUP_1_NAME",
                                null,
                                "is empty; it must be the name that rules know the target group by"),
                        new Problem(
                                "TARGET_GROUP_1_TARGETS",
                                null,
                                "is missing; it must be hostname:port[/base-uri] [weight=W], or several with commas"),
                        new Problem(
                                "LISTENER_RULE_1_PATH_PREFIX",
                                null,
                                "is empty; it must be a path, / for every request (a servlet context parameter)"),
                        new Problem(
                                "LISTENER_RULE_1_TARGET_GROUP",
                                null,
                                "is empty; it must be the name of a target group (line 2 of " + file + ")"));
    }

    @Test
    void whatIsMisspeltInTheOnlyGroupIsNotMissingInTheFirst() {
        assertThat(problemsOf(Map.of(
                        "TARGET_GRUOP_2_NAME", "demo",
                        "TARGET_GRUOP_2_TARGETS", "localhost:8081",
                        "LISTENER_RULE_1_PATH_PREFIX", "/",
                        "LISTENER_RULE_1_TARGET_GROUP", "demo")))
                .extracting(Problem::variable)
                .contains("TARGET_GRUOP_2_NAME", "TARGET_GRUOP_2_TARGETS")
                .doesNotContain("TARGET_GROUP_1_NAME", "TARGET_GROUP_1_TARGETS");
    }

    @Test
    void everyProblemHasItsLineAndAMisspeltVariableIsNotMissingToo() {
        assertThat(catchThrowableOfType(
                        ConfigurationException.class,
                        () -> Configuration.load(
                                Map.of(
                                        "TARGET_GROUP_1_TARGETS", "localhost:99999",
                                        "LISTENER_RULE_1_PATHPREFIX", "/"),
                                Map.of())))
                .hasMessage("""
                        TARGET_GROUP_1_NAME: is missing; it must be the name that rules know the target group by
                        TARGET_GROUP_1_TARGETS=localhost:99999: the port must be 1 to 65535, not 99999
                        LISTENER_RULE_1_TARGET_GROUP: is missing; it must be the name of a target group
                        LISTENER_RULE_1_PATHPREFIX=/: there is no such variable; did you mean LISTENER_RULE_1_PATH_PREFIX?""");
    }

    @Test
    void aProblemIsOneLineWhateverTheValue() {
        assertThat(new Problem("LISTENER_PORT", "80\r\n81", "wrong")).hasToString("LISTENER_PORT=80??81: wrong");
    }

    @ParameterizedTest
    @CsvSource({
        "LISTENER_PROT, LISTENER_PORT",
        "LISTENER_, LISTENER_PORT",
        "CONNECTION_TIMEOUT_MS, CONNECTION_TIMEOUT",
        "CONNECTION_TIMEOUTS, CONNECTION_TIMEOUT",
        "LOAD_BALANCING_ALGORITM, LOAD_BALANCING_ALGORITHM",
        "CONFIG_FILES, CONFIG_FILE",
        "CONNECTION_TIMOUT, CONNECTION_TIMEOUT",
        "CONNECTIONTIMEOUT, CONNECTION_TIMEOUT",
        "LOADBALANCING_ALGORITHM, LOAD_BALANCING_ALGORITHM",
        "LISTNER_PORT, LISTENER_PORT",
        "TARGETGROUP_1_NAME, TARGET_GROUP_1_NAME",
        "TARGET_GROUP_1_TARGET, TARGET_GROUP_1_TARGETS",
        "TARGET_GROUP_1_NAMES, TARGET_GROUP_1_NAME",
        "TARGET_GROUP_x_NAME, TARGET_GROUP_1_NAME",
        "TARGET_GROUP_0_NAME, TARGET_GROUP_1_NAME",
        "TARGET_GROUP_-1_NAME, TARGET_GROUP_1_NAME",
        "TARGET_GROUP_01_NAME, TARGET_GROUP_1_NAME",
        "TARGET_GROUP_NAME, TARGET_GROUP_1_NAME",
        "TRUSTED_PROXY, TRUSTED_PROXIES",
        "ACCESS_LOG_HEADER, ACCESS_LOG_HEADERS",
        "ACCESS_LOGS, ACCESS_LOG",
        "FORWARDED_HEADER, FORWARDED_HEADERS",
        "PRESERVE_HOST_HEADERS, PRESERVE_HOST_HEADER",
        "PRESERVE_HOST_NAME, PRESERVE_HOST_HEADER",
        "LOCATION_REWRITES, LOCATION_REWRITE",
        "MAX_REQUEST_BODY_SIZE, MAX_REQUEST_BODY_BYTES",
        "TARGET_GROUP_1_PRESERVE_HOST, TARGET_GROUP_1_PRESERVE_HOST_HEADER",
        "LISTENER_RULE_1_PATHPREFIX, LISTENER_RULE_1_PATH_PREFIX",
        "LISTENER_RULE_1_REWRITE, LISTENER_RULE_1_PATH_REWRITE",
        "TARGET_GRUOP_2_NAME, TARGET_GROUP_2_NAME",
        "LISTENRE_RULE_12_PATH_PREFIX, LISTENER_RULE_12_PATH_PREFIX",
        "LISTENER_RULE_1_TARGETGROUP, LISTENER_RULE_1_TARGET_GROUP",
        "HEALTH_CHECK_PATH, TARGET_GROUP_1_HEALTH_CHECK_PATH",
        "HEALTH_CHECK_INTERVAL_SECONDS, TARGET_GROUP_1_HEALTH_CHECK_INTERVAL_SECONDS",
        "HEALTH_CHECK_FAIL_OPENS, HEALTH_CHECK_FAIL_OPEN",
        "RETRY_STATUS, RETRY_ON_STATUS",
        "CONNECTION_TIMEOUT_SECONDS, CONNECTION_TIMEOUT",
        "DEREGISTRATION_DELAY, DEREGISTRATION_DELAY_SECONDS",
        "TARGET_GROUP_1_DEREGISTRATION_DELAY, TARGET_GROUP_1_DEREGISTRATION_DELAY_SECONDS",
        "QUEUE_TIMEOUT_MS, QUEUE_TIMEOUT_MILLISECONDS",
        "QUEUETIMEOUT_MILLISECONDS, QUEUE_TIMEOUT_MILLISECONDS",
        "STICKINESS_COOKIE_DURATION, STICKINESS_COOKIE_DURATION_SECONDS",
        "SHUTDOWN_DELAY, SHUTDOWN_DELAY_SECONDS",
        "SHUTDOWN_TIMEOUT, SHUTDOWN_TIMEOUT_SECONDS",
        "DNS_MAX_TTL, DNS_MAX_TTL_SECONDS",
        "QUEUE_TIMEOUT, QUEUE_TIMEOUT_MILLISECONDS",
        "RETRY_BUDGET, RETRY_BUDGET_PERCENT",
        "TARGET_GROUP_1_ALGORITM, TARGET_GROUP_1_ALGORITHM",
        "TARGET_GROUP_1_STICKINESS_COOKIE, TARGET_GROUP_1_STICKINESS_COOKIE_NAME",
        "TARGET_GROUP_1_STICKINESS_DURATION_SECONDS, TARGET_GROUP_1_STICKINESS_COOKIE_DURATION_SECONDS",
        "TARGET_GROUP_1_SLOW_START_SECONDS, TARGET_GROUP_1_SLOW_START_DURATION_SECONDS",
        "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS, TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET",
        "TARGET_GROUP_1_QUEUESIZE, TARGET_GROUP_1_QUEUE_SIZE",
        "TARGET_GROUP_1_QUEUE_TIMEOUT_MILLIS, TARGET_GROUP_1_QUEUE_TIMEOUT_MILLISECONDS",
        "TARGET_GROUP_1_NMAE, TARGET_GROUP_1_NAME",
        "TARGET_GROUP_1_PROTOCOL_VERSOIN, TARGET_GROUP_1_PROTOCOL_VERSION",
        "TARGET_GROUP_1_HEALTH_CHECK_INTERVALL_SECOND, TARGET_GROUP_1_HEALTH_CHECK_INTERVAL_SECONDS",
        "TARGET_GROUP_1_STICKINESS_LB_COOKIE_DURATION_SECONDS, TARGET_GROUP_1_STICKINESS_COOKIE_DURATION_SECONDS",
        "TARGET_GROUP_1_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT",
        "LISTENER_RULE_1_PATH, LISTENER_RULE_1_PATH_PREFIX",
        "LISTENER_RULE_1_PATH_REWITE, LISTENER_RULE_1_PATH_REWRITE",
        "LISTENER_RULE_1_TRAGET_GROUP, LISTENER_RULE_1_TARGET_GROUP",
    })
    void aMisspeltVariableIsAProblemThatNamesTheNearest(String misspelt, String right) {
        assertThat(problems(misspelt, "x")).singleElement().satisfies(problem -> {
            assertThat(problem.variable()).isEqualTo(misspelt);
            assertThat(problem.value()).isEqualTo("x");
            assertThat(problem.message()).contains("did you mean " + right + "?");
        });
    }

    /** Such as other products have: their users would try whatever is suggested. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "LISTENER_RULE_1_HOST",
                "LISTENER_RULE_1_HOST_HEADER",
                "LISTENER_RULE_1_REDIRECT",
                "LISTENER_RULE_1_PRIORITY",
                "LISTENER_RULE_1_METHOD",
            })
    void whereNothingOfARuleIsMeantItsVariablesAreListed(String variable) {
        assertThat(problems(variable, "x"))
                .containsExactly(new Problem(
                        variable,
                        "x",
                        "there is no such variable; a rule has only LISTENER_RULE_1_PATH_PREFIX,"
                                + " LISTENER_RULE_1_PATH_REWRITE, LISTENER_RULE_1_TARGET_GROUP."));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TARGET_GROUP_1_STICKINESS_ENABLED",
                "TARGET_GROUP_1_STICKINESS_TYPE",
                "TARGET_GROUP_1_TARGET_TYPE",
                "TARGET_GROUP_1_PORT",
                "TARGET_GROUP_1_VPC_ID",
                "TARGET_GROUP_1_KEEPALIVE",
            })
    void whereNothingOfAGroupIsMeantNothingIsSuggested(String variable) {
        assertThat(problems(variable, "x"))
                .containsExactly(new Problem(variable, "x", "there is no such variable of a target group."));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"TARGET_GROUP_x_NAME", "TARGET_GROUP_0_NAME", "TARGET_GROUP_01_NAME", "LISTENER_RULE_x_PATH"})
    void aWrongNumberIsExplained(String variable) {
        assertThat(problems(variable, "x"))
                .singleElement()
                .extracting(Problem::message)
                .asString()
                .endsWith("The number must be a positive integer without leading zeros.");
    }

    @Test
    void foreignVariablesAreIgnored() {
        assertThat(load(
                        "PATH",
                        "/bin",
                        "TARGET",
                        "x",
                        "listener_port",
                        "x",
                        "CONFIG",
                        "x",
                        "",
                        "x",
                        "CI",
                        "true",
                        "VIM",
                        "x",
                        "VIA_X",
                        "x",
                        "VIAS",
                        "x"))
                .isEqualTo(load());
    }

    @Test
    void numbersMayHaveGapsAndAnyLengthAndOrderByValue() {
        Configuration configuration = load(
                "TARGET_GROUP_10_NAME", "ten",
                "TARGET_GROUP_10_TARGETS", "a:1",
                "TARGET_GROUP_9_NAME", "nine",
                "TARGET_GROUP_9_TARGETS", "a:1",
                "TARGET_GROUP_99999999999999999999_NAME", "many",
                "TARGET_GROUP_99999999999999999999_TARGETS", "a:1");
        assertThat(configuration.targetGroups())
                .extracting(TargetGroupConfiguration::name)
                .containsExactly("demo", "nine", "ten", "many");
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "65535, 65535", "' 81 ', 81", "'', 8080", "'  ', 8080"})
    void theListenerPortIsTrimmedAndEmptyIsTheDefault(String value, int port) {
        assertThat(load("LISTENER_PORT", value).listener().port()).isEqualTo(port);
    }

    @ParameterizedTest
    @CsvSource({
        "LISTENER_PORT, 65536, 'must be a port, a whole number from 0 to 65535'",
        "LISTENER_PORT, -1, 'must be a port, a whole number from 0 to 65535'",
        "LISTENER_PORT, 80a, 'must be a port, a whole number from 0 to 65535'",
        "LISTENER_PORT, 99999999999999999999, 'must be a port, a whole number from 0 to 65535'",
        "LISTENER_ADDRESS, localhost, 'must be an address of this machine without a zone, such as 127.0.0.1 or ::1'",
        "LISTENER_ADDRESS, fe80::1%eth0, 'must be an address of this machine without a zone, such as 127.0.0.1 or ::1'",
        "MAX_REQUEST_HEADER_BYTES, 255, 'must be bytes, a whole number from 256 to 1048576'",
        "MAX_REQUEST_URI_BYTES, 1048577, 'must be bytes, a whole number from 256 to 1048576'",
        "REQUEST_HEADER_TIMEOUT_SECONDS, 10s, 'must be 0 for any time, or seconds, a whole number from 0 to 86400'",
        "MAX_CONNECTIONS, 1000001, 'must be 0 for any number, or connections, a whole number from 0 to 1000000'",
        "LISTENER_TLS_KEY_FILE, key.pem, is only for a listener with TLS; set LISTENER_TLS_PORT too",
        "LISTENER_TLS_CERTIFICATE_FILE, chain.pem, is only for a listener with TLS; set LISTENER_TLS_PORT too",
        "CONNECTION_TIMEOUT, 0, 'must be milliseconds, a whole number from 1 to 86400000'",
        "CONNECTION_TIMEOUT, 5s, 'must be milliseconds, a whole number from 1 to 86400000'",
        "CONNECTION_TIMEOUT, 86400001, 'must be milliseconds, a whole number from 1 to 86400000'",
        "LOAD_BALANCING_ALGORITHM, RANDOM, 'the algorithm must be one of [ROUND_ROBIN, WEIGHTED, STICKY, LRT, LEAST_OUTSTANDING_REQUESTS]'",
        "TARGET_GROUP_1_ALGORITHM, RANDOM, 'the algorithm must be one of [ROUND_ROBIN, WEIGHTED, STICKY, LRT, LEAST_OUTSTANDING_REQUESTS]'",
        "STICKINESS_COOKIE_DURATION_SECONDS, 0, 'must be seconds, a whole number from 1 to 31536000'",
        "STICKINESS_COOKIE_DURATION_SECONDS, 31536001, 'must be seconds, a whole number from 1 to 31536000'",
        "QUEUE_TIMEOUT_MILLISECONDS, 0, 'must be milliseconds, a whole number from 1 to 86400000'",
        "STREAM_IDLE_TIMEOUT_SECONDS, -1, 'must be 0 for no limit, or seconds, a whole number from 0 to 31536000'",
        "TUNNEL_IDLE_TIMEOUT_SECONDS, 1h, 'must be 0 for no limit, or seconds, a whole number from 0 to 31536000'",
        "TARGET_GROUP_1_SLOW_START_DURATION_SECONDS, 30s, 'must be seconds, a whole number from 0 to 86400'",
        "TARGET_GROUP_1_SLOW_START_DURATION_SECONDS, 86401, 'must be seconds, a whole number from 0 to 86400'",
        "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET, 1000001, 'must be 0 for no limit, or requests, a whole number from 0 to 1000000'",
        "TARGET_GROUP_1_QUEUE_SIZE, 1000001, 'must be requests, a whole number from 0 to 1000000'",
        "TARGET_GROUP_1_QUEUE_TIMEOUT_MILLISECONDS, 86400001, 'must be milliseconds, a whole number from 1 to 86400000'",
        "TARGET_GROUP_1_TARGETS, a:1 weight=-1, 'the weight must be a whole number from 0 to 1000, not \"-1\"'",
        "VIA, on, must be true or false",
        "ACCESS_LOG, stdout, 'the format must be one of [OFF, JSON, ALB]'",
        "ACCESS_LOG_QUERY, true, is only for an access log; set ACCESS_LOG too",
        "ACCESS_LOG_HEADERS, Referer, is only for an access log; set ACCESS_LOG too",
        "TRACING, 1, must be on or off",
        "PRESERVE_HOST_HEADER, yes, must be true or false",
        "TARGET_GROUP_1_LOCATION_REWRITE, default, must be true or false",
        "MAX_REQUEST_BODY_BYTES, 1m, 'must be 0 for no limit, or bytes, a whole number from 0 to 9223372036854775807'",
        "MAX_REQUEST_BODY_BYTES, -1, 'must be 0 for no limit, or bytes, a whole number from 0 to 9223372036854775807'",
        "TARGET_GROUP_1_MAX_REQUEST_BODY_BYTES, 9223372036854775808, 'must be 0 for no limit, or bytes, a whole number from 0 to 9223372036854775807'",
        "FORWARDED_HEADERS, ALL, 'the headers must be one of [X_FORWARDED, FORWARDED, BOTH, NONE]'",
        "TRUSTED_PROXIES, 10.0.0.0/33, 'the prefix length of 10.0.0.0/33 must be a whole number from 0 to 32, not \"33\"'",
        "LISTENER_RULE_1_TARGET_GROUP, Demos, 'there is no such target group; did you mean demo? The target groups are: demo'",
        "LISTENER_RULE_1_TARGET_GROUP, shop, 'there is no such target group. The target groups are: demo'",
        "LISTENER_RULE_1_TARGET_GROUP, 'demo:80,b:20', 'there is no such target group; a rule has one target group. The target groups are: demo'",
        "LISTENER_RULE_1_PATH_PREFIX, api, the path must begin with a slash",
        "LISTENER_RULE_1_PATH_PREFIX, /api/*, 'a prefix is for everything below it, too, so it must not end with *'",
        "LISTENER_RULE_1_PATH_REWRITE, api, the path must begin with a slash",
    })
    void aWrongValueIsAProblemThatSaysWhatIsRight(String variable, String value, String message) {
        assertThat(problems(variable, value)).containsExactly(new Problem(variable, value, message));
    }

    /** It has the fields of another product, and no more. */
    @Test
    void theFormatAlbHasRoomForOneHeaderFieldOnly() {
        for (String headers : List.of("", "user-agent")) {
            ObservationConfiguration alb =
                    load("ACCESS_LOG", "ALB", "ACCESS_LOG_HEADERS", headers).observation();
            assertThat(alb.accessLog().headers(alb.accessLogHeaders())).containsExactly("User-Agent");
        }
        assertThat(problems("ACCESS_LOG", "ALB", "ACCESS_LOG_HEADERS", "User-Agent, Referer"))
                .containsExactly(new Problem(
                        "ACCESS_LOG_HEADERS",
                        "User-Agent, Referer",
                        "ALB has room for User-Agent only; set ACCESS_LOG=JSON"));
    }

    @Test
    void theAlgorithmMayBeInAnyCase() {
        assertThat(load("LOAD_BALANCING_ALGORITHM", " round_robin ")).isEqualTo(load());
        assertThat(group("TARGET_GROUP_1_ALGORITHM", "Least_Outstanding_requests")
                        .algorithm())
                .isEqualTo(AlgorithmName.LEAST_OUTSTANDING_REQUESTS);
    }

    @ParameterizedTest
    @CsvSource({
        "'',   '',       ROUND_ROBIN",
        "LRT,  '',       LRT",
        "'',   WEIGHTED, WEIGHTED",
        "LRT,  WEIGHTED, WEIGHTED",
        "STICKY, ROUND_ROBIN, ROUND_ROBIN",
        "'',   STICKY,   STICKY",
        "'',   LEAST_OUTSTANDING_REQUESTS, LEAST_OUTSTANDING_REQUESTS",
    })
    void theAlgorithmOfAGroupIsItsOwnElseTheCommonOne(String common, String own, AlgorithmName algorithm) {
        assertThat(group("LOAD_BALANCING_ALGORITHM", common, "TARGET_GROUP_1_ALGORITHM", own)
                        .algorithm())
                .isEqualTo(algorithm);
    }

    @ParameterizedTest
    @CsvSource({"'', '', 5000", "1, '', 1", "'', 2, 2", "1, 2, 2"})
    void theQueueTimeoutOfAGroupIsItsOwnElseTheCommonOne(String common, String own, int milliseconds) {
        TargetGroupConfiguration group = group(
                "QUEUE_TIMEOUT_MILLISECONDS",
                common,
                "TARGET_GROUP_1_QUEUE_TIMEOUT_MILLISECONDS",
                own,
                "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET",
                "1",
                "TARGET_GROUP_1_QUEUE_SIZE",
                "1");
        assertThat(group.queue().timeout()).isEqualTo(Duration.ofMillis(milliseconds));
    }

    @ParameterizedTest
    @CsvSource({"'', '', 86400", "1, '', 1", "'', 2, 2", "1, 2, 2"})
    void theCookieDurationOfAGroupIsItsOwnElseTheCommonOne(String common, String own, int seconds) {
        assertThat(group(
                                "TARGET_GROUP_1_ALGORITHM", "STICKY",
                                "STICKINESS_COOKIE_DURATION_SECONDS", common,
                                "TARGET_GROUP_1_STICKINESS_COOKIE_DURATION_SECONDS", own)
                        .stickiness())
                .isEqualTo(
                        new StickinessConfiguration(Kind.LOAD_BALANCER_COOKIE, "SLUICE", Duration.ofSeconds(seconds)));
    }

    /**
     * If two groups shared a cookie, a session would move to another target whenever it went from one group to the
     * other.
     */
    @Test
    void everyGroupHasAnotherCookieOfSluicesOwn() {
        assertThat(load(
                                "LOAD_BALANCING_ALGORITHM", "STICKY",
                                "TARGET_GROUP_2_NAME", "app",
                                "TARGET_GROUP_2_TARGETS", "a:1",
                                "TARGET_GROUP_2_STICKINESS_COOKIE_NAME", "JSESSIONID",
                                "TARGET_GROUP_3_NAME", "second",
                                "TARGET_GROUP_3_TARGETS", "a:1",
                                "TARGET_GROUP_4_NAME", "none",
                                "TARGET_GROUP_4_TARGETS", "a:1",
                                "TARGET_GROUP_4_ALGORITHM", "LRT",
                                "TARGET_GROUP_5_NAME", "third",
                                "TARGET_GROUP_5_TARGETS", "a:1")
                        .targetGroups())
                .extracting(TargetGroupConfiguration::stickiness)
                .extracting(stickiness -> stickiness == null ? "" : stickiness.cookieName())
                .containsExactly("SLUICE", "JSESSIONID", "SLUICE-3", "", "SLUICE-5");
    }

    @ParameterizedTest
    @ValueSource(strings = {"JSESSIONID", "__Host-id", "!#$%&'*+-.^_`|~09azAZ"})
    void aCookiesNameIsAToken(String name) {
        assertThat(group("TARGET_GROUP_1_ALGORITHM", "STICKY", "TARGET_GROUP_1_STICKINESS_COOKIE_NAME", name)
                        .stickiness())
                .isEqualTo(new StickinessConfiguration(Kind.APPLICATION_COOKIE, name, Duration.ofDays(1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a=b", "a b", "a;b", "a,b", "a\"b", "a/b", "(a)", "sessi\u00f6n"})
    void anyOtherNameOfACookieIsAProblem(String name) {
        assertThat(problems("TARGET_GROUP_1_ALGORITHM", "STICKY", "TARGET_GROUP_1_STICKINESS_COOKIE_NAME", name))
                .containsExactly(new Problem(
                        "TARGET_GROUP_1_STICKINESS_COOKIE_NAME",
                        name,
                        "a cookie's name must be letters, digits and any of !#$%&'*+-.^_`|~"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SLUICE", "SLUICE-", "SLUICE-2"})
    void noApplicationsCookieHasANameOfSluices(String name) {
        assertThat(problems("TARGET_GROUP_1_ALGORITHM", "STICKY", "TARGET_GROUP_1_STICKINESS_COOKIE_NAME", name))
                .containsExactly(new Problem(
                        "TARGET_GROUP_1_STICKINESS_COOKIE_NAME",
                        name,
                        "is a name of Sluice's own cookies; it must be the application's cookie"));
    }

    @ParameterizedTest
    @CsvSource({
        "TARGET_GROUP_1_STICKINESS_COOKIE_NAME, JSESSIONID, '', ROUND_ROBIN",
        "TARGET_GROUP_1_STICKINESS_COOKIE_DURATION_SECONDS, 5, '', ROUND_ROBIN",
        "TARGET_GROUP_1_STICKINESS_COOKIE_DURATION_SECONDS, 5, LRT, LRT",
    })
    void stickinessOfAGroupThatIsNotStickyIsAProblem(String variable, String value, String own, String algorithm) {
        assertThat(problems(variable, value, "TARGET_GROUP_1_ALGORITHM", own))
                .containsExactly(new Problem(
                        variable, value, "is only for a group whose algorithm is STICKY, not " + algorithm));
    }

    @ParameterizedTest
    @ValueSource(strings = {"LOAD_BALANCING_ALGORITHM", "TARGET_GROUP_1_ALGORITHM"})
    void stickinessOfAGroupWhoseAlgorithmIsWrongIsNotASecondProblem(String variable) {
        assertThat(problems(variable, "STIKY", "TARGET_GROUP_1_STICKINESS_COOKIE_NAME", "JSESSIONID"))
                .extracting(Problem::variable)
                .containsExactly(variable);
    }

    @Test
    void theCommonCookieDurationNeedsNoStickyGroup() {
        assertThat(load("STICKINESS_COOKIE_DURATION_SECONDS", "5", "STICKINESS_SECRET", SECRET)
                        .targetGroups())
                .isEqualTo(load().targetGroups());
    }

    @ParameterizedTest
    @CsvSource({"16, x", "8, \u00e9", "4, \uD83D\uDE00"})
    void aSecretHas16BytesAtLeast(int characters, String character) {
        assertThat(load("STICKINESS_SECRET", character.repeat(characters)).stickinessSecret())
                .isEqualTo(character.repeat(characters));
        assertThat(problems("STICKINESS_SECRET", character.repeat(characters - 1)))
                .containsExactly(
                        new Problem("STICKINESS_SECRET", "(hidden)", "the secret must have 16 bytes at least"));
    }

    /** A secret must not be logged, even if the name of its variable is misspelt. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "STICKINESS_SECRE",
                "STICKINESS_SECRETS",
                "STICKINESS_SECERT",
                "STICKYNESS_SECRT",
                "STICKINES_SECRE",
                "STICKINESS_KEY",
                "TARGET_GROUP_1_STICKINESS_SECRET",
                "ADMIN_TOKN",
                "ADMIN_TOKENS",
                "TARGET_GROUP_1_ADMIN_TOKEN",
                "LISTENER_TLS_KEY_PASSWORD",
                "LISTENER_TLS_KEY_PASSWD",
                "ADMIN_PATH_CREDENTIALS",
                "LISTENER_TLS_KEY_PASS",
                "TARGET_GROUP_1_BASIC_AUTH",
                "TARGET_GROUP_1_BEARER",
                "TARGET_GROUP_1_API_KEY",
            })
    void aSecretIsHiddenHoweverItsNameIsSpelt(String misspelt) throws IOException {
        assertThat(problems(misspelt, SECRET)).singleElement().satisfies(problem -> {
            assertThat(problem.variable()).isEqualTo(misspelt);
            assertThat(problem.value()).isEqualTo("(hidden)");
            assertThat(problem.toString()).doesNotContain(SECRET);
        });
        assertThat(problems(
                        "CONFIG_FILE",
                        file(misspelt.toLowerCase(Locale.ROOT) + "=" + SECRET).toString()))
                .singleElement()
                .asString()
                .doesNotContain(SECRET);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"LISTENER_TLS_KEY_FILES", "LISTENER_TLS_KEYFILE", "LISTENER_KEEPALIVE", "LISTENER_KEEP_ALIVE"})
    void whatIsNoSecretIsShown(String misspelt) {
        assertThat(problems(misspelt, "x"))
                .singleElement()
                .extracting(Problem::value)
                .isEqualTo("x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://user:PASSWORD@h:80",
                "https://user:PASSWORD@h",
                "user:PASSWORD@h:80",
                "srv+https://u:PASSWORD@h"
            })
    void thePasswordOfATargetIsHidden(String target) {
        assertThat(problems("TARGET_GROUP_1_TARGETS", target))
                .singleElement()
                .asString()
                .contains("(hidden)@h")
                .doesNotContain("PASSWORD");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-/sluice",
                "/",
                "//",
                "/-/../sluice",
                "/-//sluice",
                "/%2D",
                "/a;b",
                "/a b",
                "/a\\b",
                "/a?b",
                "/\u00e9"
            })
    void anAdminPathHasOneSpelling(String path) {
        assertThat(problems("ADMIN_PATH", path))
                .singleElement()
                .extracting(Problem::variable)
                .isEqualTo("ADMIN_PATH");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/-/sluice", "/-/sluice/", "/-/sluice/x"})
    void aRuleBelowTheAdminPathIsAProblem(String prefix) {
        assertThat(problems(
                        "ADMIN_PATH", "/-/sluice",
                        "LISTENER_RULE_2_PATH_PREFIX", prefix,
                        "LISTENER_RULE_2_TARGET_GROUP", "demo"))
                .singleElement()
                .extracting(Problem::variable)
                .isEqualTo("LISTENER_RULE_2_PATH_PREFIX");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/-", "/-/sluices"})
    void aRuleBesideTheAdminPathIsNone(String prefix) {
        assertThat(load(
                                "ADMIN_PATH", "/-/sluice",
                                "LISTENER_RULE_2_PATH_PREFIX", prefix,
                                "LISTENER_RULE_2_TARGET_GROUP", "demo")
                        .rules())
                .hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({"ADMIN_ALLOW, 10.0.0.0/8", "ADMIN_TOKEN, 0123456789abcdef"})
    void whatBelongsToAnAdminPathNeedsOne(String variable, String value) {
        assertThat(problems(variable, value)).singleElement().satisfies(problem -> {
            assertThat(problem.variable()).isEqualTo(variable);
            assertThat(problem.message()).contains("ADMIN_PATH");
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"0123456789abcde", "0123456789abcdef with a space", "0123456789abc,def", "====================="
            })
    void aTokenIsOneThatAHeaderCanHave(String token) {
        assertThat(problems("ADMIN_PATH", "/-/sluice", "ADMIN_TOKEN", token))
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.variable()).isEqualTo("ADMIN_TOKEN");
                    assertThat(problem.value()).isEqualTo("(hidden)");
                });
    }

    @ParameterizedTest
    @CsvSource({
        "'', 127.0.0.1, true",
        "'', 127.8.8.8, true",
        "'', ::1, true",
        "'', [0:0:0:0:0:0:0:1], true",
        "'', ::ffff:127.0.0.1, true",
        "'', 10.0.0.1, false",
        "'', 0.0.0.0, false",
        "'', ::, false",
        "'', localhost, false",
        "'', '', false",
        "10.0.0.0/8, 10.1.2.3, true",
        "10.0.0.0/8, 127.0.0.1, false",
        "fe80::/10, fe80::1%eth0, true"
    })
    void onlyThisMachineIsAllowedUnlessOthersAre(String allowed, String address, boolean isAllowed) {
        AdminConfiguration admin = Objects.requireNonNull(
                load("ADMIN_PATH", "/-/sluice", "ADMIN_ALLOW", allowed).admin());
        assertThat(admin.allows(address)).isEqualTo(isAllowed);
    }

    @ParameterizedTest
    @CsvSource({
        "'STICKINESS_SECRET: ', ': STICKINESS_SECRET'",
        "' ADMIN_TOKEN ', ': ADMIN_TOKEN'",
        "'stickiness_secret ', ''",
        "'Admin: ', ''",
        "'', ''",
        "'=', ''",
        "'ADMIN_TOKEN: c2VjcmV0MQ==', ': ADMIN_TOKEN'",
        "'ADMIN_TOKEN c2VjcmV0MQ=', ': ADMIN_TOKEN'",
        "'c2VjcmV0MQ/==', ''",
    })
    void ofALineThatIsNotKeyAndValueOnlyTheNameIsShown(String start, String shown) throws IOException {
        assertThat(problems("CONFIG_FILE", file(start + SECRET).toString()))
                .extracting(Problem::message)
                .containsExactly("line 1 must be KEY=value" + shown);
    }

    /** Such as {@code openssl rand -base64 64} prints: its second line looks like a name, with a value or without. */
    @ParameterizedTest
    @ValueSource(strings = {"VGhlIHJlc3Q==", "VGhlIHJlc3Qh=", "VGhlIHJlc3Q=VGhl"})
    void theRestOfASecretThatIsWrappedIsNoName(String rest) throws IOException {
        String file = file("STICKINESS_SECRET=" + "c2Vj".repeat(16), rest).toString();
        assertThat(problems("CONFIG_FILE", file))
                .containsExactly(
                        new Problem("CONFIG_FILE", file, "line 2 must be KEY=value, with the name of a variable"));
    }

    @ParameterizedTest
    @CsvSource({
        "listener_port, LISTENER_PORT",
        "Listner_Port, LISTENER_PORT",
        "target_group_2_nmae, TARGET_GROUP_2_NAME",
        "export LISTENER_PORT, LISTENER_PORT",
    })
    void aNameInLowerCaseIsAMisspeltOneIfItResemblesOneOfOurs(String name, String right) throws IOException {
        Path file = file(name + "=x");
        assertThat(problems("CONFIG_FILE", file.toString()))
                .containsExactly(new Problem(
                        name, "x", "there is no such variable; did you mean " + right + "? (line 1 of " + file + ")"));
    }

    @Test
    void aPrivateKeyIsHiddenWhereverItIsSet() {
        String key = "-----BEGIN EC PRIVATE KEY-----\nMHcC//AQ\n-----END EC PRIVATE KEY-----";
        for (String variable : List.of("LISTENER_PORT", "LISTENER_TLS_KEY", "CONFIG_FILE")) {
            assertThat(problems(variable, key))
                    .as(variable)
                    .containsExactly(
                            new Problem(variable, "(hidden)", "it holds a private key, which belongs in a file"));
        }
    }

    @ParameterizedTest
    @CsvSource({"''", "0"})
    void aQueueWithoutALimitIsAProblem(String limit) {
        assertThat(problems(
                        "TARGET_GROUP_1_QUEUE_SIZE", "5", "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET", limit))
                .containsExactly(new Problem(
                        "TARGET_GROUP_1_QUEUE_SIZE",
                        "5",
                        "requests wait only where there is a limit;"
                                + " set TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET too"));
    }

    @Test
    void aQueueWhoseLimitIsWrongIsNotASecondProblem() {
        assertThat(problems(
                        "TARGET_GROUP_1_QUEUE_SIZE", "5",
                        "TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET", "many"))
                .extracting(Problem::variable)
                .containsExactly("TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET");
    }

    @Test
    void aLimitNeedsNoQueue() {
        TargetGroupConfiguration group = group("TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET", "3");
        assertThat(group.maxConcurrentRequestsPerTarget()).isEqualTo(3);
        assertThat(group.queue().size()).isZero();
        assertThat(group("TARGET_GROUP_1_MAX_CONCURRENT_REQUESTS_PER_TARGET", "0")
                        .maxConcurrentRequestsPerTarget())
                .isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void pathsAreNormalised() {
        assertThat(load("LISTENER_RULE_1_PATH_PREFIX", "/api/", "LISTENER_RULE_1_PATH_REWRITE", "/api//")
                        .rules())
                .containsExactly(new RuleConfiguration("/api", "/api", "demo"));
        assertThat(load("LISTENER_RULE_1_PATH_REWRITE", "/").rules())
                .containsExactly(new RuleConfiguration("/", "", "demo"));
    }

    @Test
    void targetGroupNamesAreUnique() {
        assertThat(problems("TARGET_GROUP_7_NAME", "demo", "TARGET_GROUP_7_TARGETS", "a:1"))
                .containsExactly(new Problem(
                        "TARGET_GROUP_7_NAME", "demo", "the name must be unique, but TARGET_GROUP_1_NAME is the same"));
    }

    @Test
    void aRuleOfAGroupWhoseNameIsMisspeltIsNotASecondProblem() {
        assertThat(problems("TARGET_GROUP_1_NAME", "", "TARGET_GROUP_01_NAME", "demo"))
                .extracting(Problem::variable)
                .containsExactly("TARGET_GROUP_01_NAME");
    }

    @Test
    void pathPrefixesAreUniqueAfterNormalisation() {
        assertThat(problems(
                        "LISTENER_RULE_1_PATH_PREFIX", "/api",
                        "LISTENER_RULE_2_PATH_PREFIX", "/api/",
                        "LISTENER_RULE_2_TARGET_GROUP", "demo"))
                .containsExactly(new Problem(
                        "LISTENER_RULE_2_PATH_PREFIX",
                        "/api/",
                        "the path prefix must be unique, but LISTENER_RULE_1_PATH_PREFIX is the same"));
    }

    @Test
    void aPortForTlsNeedsBothFiles() {
        assertThat(problems("LISTENER_TLS_PORT", "8443", "LISTENER_TLS_CERTIFICATE_FILE", "chain.pem"))
                .containsExactly(new Problem(
                        "LISTENER_TLS_KEY_FILE",
                        null,
                        "is missing; it must be a file in PEM, for LISTENER_TLS_PORT is set"));
        assertThat(problems("LISTENER_TLS_PORT", "8443"))
                .extracting(Problem::variable)
                .containsExactly("LISTENER_TLS_CERTIFICATE_FILE", "LISTENER_TLS_KEY_FILE");
    }

    @Test
    void tlsHasAPortOfItsOwn() {
        String[] files = {"LISTENER_TLS_CERTIFICATE_FILE", "chain.pem", "LISTENER_TLS_KEY_FILE", "key.pem"};
        assertThat(problems("LISTENER_TLS_PORT", "8080", files[0], files[1], files[2], files[3]))
                .containsExactly(new Problem("LISTENER_TLS_PORT", "8080", "must differ from LISTENER_PORT"));
        ListenerConfiguration.Tls anyPort = load(
                        "LISTENER_PORT", "0", "LISTENER_TLS_PORT", "0", files[0], files[1], files[2], files[3])
                .listener()
                .tls();
        assertThat(anyPort).isNotNull();
    }

    @Test
    void everyWrongTargetIsAProblem() {
        assertThat(problems("TARGET_GROUP_1_TARGETS", "a:0,b:1,c,,d:1 weight=x"))
                .extracting(Problem::message)
                .containsExactly(
                        "entry 4 of 5 is empty; there is a comma too many",
                        "the port must be 1 to 65535, not 0",
                        "the port of c is missing; a target is hostname:port[/base-uri] [weight=W]",
                        "the weight must be a whole number from 0 to 1000, not \"x\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TARGET_GROUP_1_TARGETS | 127.0.0.1:1, | entry 2 of 2",
                "TARGET_GROUP_1_TARGETS | , a:1        | entry 1 of 2",
                "TARGET_GROUP_1_TARGETS | a:1, , ,b:1  | entry 2 of 4",
                "TARGET_GROUP_1_TARGETS | ,            | entry 1 of 2",
                "TRUSTED_PROXIES        | ::1,         | entry 2 of 2",
                "DNS_RESOLVERS          | ::1,,::2     | entry 2 of 3",
            })
    void anEmptyEntryIsOneProblemAndShowsTheValue(String variable, String value, String entry) {
        assertThat(problems(variable, value))
                .filteredOn(problem -> problem.message().contains("comma"))
                .containsExactly(new Problem(variable, value, entry + " is empty; there is a comma too many"));
    }

    @Test
    void aListThatMayHaveAPasswordIsNotShown() {
        assertThat(problems("TARGET_GROUP_1_TARGETS", "a:1,u:pa,,ss@b:1"))
                .filteredOn(problem -> problem.message().contains("comma"))
                .containsExactly(
                        new Problem("TARGET_GROUP_1_TARGETS", "", "entry 3 of 4 is empty; there is a comma too many"));
    }

    @Test
    void ofALongListTheEntryBeforeTheEmptyOneIsShown() {
        String long100 = "a:1/" + "x".repeat(96);
        assertThat(problems("TARGET_GROUP_1_TARGETS", long100 + ",b:1," + long100 + "y,,c:1"))
                .containsExactly(new Problem(
                        "TARGET_GROUP_1_TARGETS", long100 + "y,", "entry 4 of 5 is empty; there is a comma too many"));
    }

    @Test
    void anEmptyEntryShowsNoPassword() {
        for (String targets : List.of("/a,u:PASSWORD@b:1,", ",u:PASSWORD@b:1", "/a,,u:PASSWORD@b:1")) {
            assertThat(problems("TARGET_GROUP_1_TARGETS", targets))
                    .anyMatch(problem -> problem.message().contains("is empty"))
                    .noneMatch(problem -> problem.toString().contains("PASSWORD"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a:1,A:1",
                "a:1/v1,b:1,a:1/v1/",
                "[::A]:1, [::a]:1",
                "[::a]:1, [0:0::a]:1",
                "a:1 weight=1, a:1 weight=2"
            })
    void targetsOfAGroupDiffer(String targets) {
        assertThat(problems("TARGET_GROUP_1_TARGETS", targets))
                .singleElement()
                .extracting(Problem::message)
                .asString()
                .startsWith("the targets must differ, but ");
    }

    @Test
    void targetsMayDifferInThePathAlone() {
        assertThat(load("TARGET_GROUP_1_TARGETS", "a:1/v1,a:1/v2")
                        .targetGroups()
                        .get(0)
                        .targets())
                .hasSize(2);
    }

    @Test
    void theFirstSourceThatSetsAVariableWins() throws IOException {
        Path file = file("LISTENER_PORT=3", "CONNECTION_TIMEOUT=3", "LISTENER_RULE_1_PATH_PREFIX=/3");
        Map<String, String> contextParameters = Map.of("LISTENER_PORT", "2", "CONNECTION_TIMEOUT", "2");
        Map<String, String> environment = new HashMap<>(LEAST);
        environment.put("CONFIG_FILE", file.toString());
        environment.put("LISTENER_PORT", "1");
        environment.put("LISTENER_RULE_1_PATH_PREFIX", " ");

        Configuration configuration = Configuration.load(environment, contextParameters);

        assertThat(configuration.listener().port()).isEqualTo(1);
        assertThat(configuration.timeouts().connection()).isEqualTo(Duration.ofMillis(2));
        assertThat(configuration.rules().get(0).pathPrefix()).isEqualTo("/3");
    }

    @Test
    void theFileIsOverriddenWhereAnEarlierSourceSetsAnotherValue() throws IOException {
        Path file = file(
                "LISTENER_PORT=3",
                "STICKINESS_SECRET=" + SECRET,
                "CONNECTION_TIMEOUT=3",
                "VIA=true",
                "TRACING=",
                "LISTENER_RULE_1_PATH_PREFIX= /",
                "ADMIN_PATH=/admin");
        Map<String, String> environment = leastAnd(
                "CONFIG_FILE", file.toString(),
                "LISTENER_PORT", "1",
                "STICKINESS_SECRET", SECRET + "-other",
                "TRACING", "on",
                "ADMIN_PATH", "");
        ConfigurationSources sources =
                new ConfigurationSources(environment, Map.of("CONNECTION_TIMEOUT", "2", "VIA", "true"));
        assertThat(sources.overridden(ConfigurationSources::content))
                .containsExactly(
                        "CONFIG_FILE: the environment overrides LISTENER_PORT (line 1), STICKINESS_SECRET (line 2)",
                        "CONFIG_FILE: context parameters override CONNECTION_TIMEOUT (line 3)");
        assertThat(sources.overridden(path -> {
                    throw new IOException("unreadable");
                }))
                .isEmpty();
        assertThat(new ConfigurationSources(LEAST, Map.of()).overridden(ConfigurationSources::content))
                .isEmpty();
    }

    @Test
    void aContextParameterMayNameTheFile() throws IOException {
        Path file = file(
                "# a comment",
                "",
                "  # another one = 1",
                " TARGET_GROUP_1_NAME = d\u00e9mo ",
                "TARGET_GROUP_1_TARGETS=a:1/x=y\r",
                "LISTENER_RULE_1_PATH_PREFIX=/",
                "LISTENER_RULE_1_PATH_REWRITE=",
                "LISTENER_RULE_1_TARGET_GROUP=d\u00e9mo");
        Configuration configuration = Configuration.load(Map.of(), Map.of("CONFIG_FILE", file.toString()));
        assertThat(configuration.targetGroups()).singleElement().satisfies(group -> {
            assertThat(group.name()).isEqualTo("d\u00e9mo");
            assertThat(group.targets()).containsExactly(new TargetConfiguration("a", 1, "/x=y", 1));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uFEFFLISTENER_PORT=81", "\uFEFF# a comment\nLISTENER_PORT=81"})
    void aByteOrderMarkIsNotAPartOfTheFile(String content) throws IOException {
        assertThat(load("CONFIG_FILE", file(content).toString()).listener().port())
                .isEqualTo(81);
    }

    @Test
    void aProblemTellsWhereTheValueComesFrom() throws IOException {
        Path file = file("", "LISTENER_PORT=x", "CONECTION_TIMEOUT=1");
        assertThat(problemsOf(
                        leastAnd("CONFIG_FILE", file.toString()),
                        Map.of("CONNECTION_TIMEOUT", "x", "LISTENER_PROT", "1")))
                .extracting(Problem::variable, problem -> problem.message().replaceFirst(".*\\(", "("))
                .containsExactly(
                        tuple("LISTENER_PORT", "(line 2 of " + file + ")"),
                        tuple("CONNECTION_TIMEOUT", "(a servlet context parameter)"),
                        tuple("CONECTION_TIMEOUT", "(line 3 of " + file + ")"),
                        tuple("LISTENER_PROT", "(a servlet context parameter)"));
    }

    @Test
    void everyWrongLineOfTheFileIsAProblem() throws IOException {
        Path file = file("LISTENER_PORT", "LISTENER_PORT=1", "LISTENER_PORT=2", "CONFIG_FILE=other");
        assertThat(problems("CONFIG_FILE", file.toString()))
                .extracting(Problem::variable, Problem::message)
                .containsExactly(
                        tuple("CONFIG_FILE", "line 1 must be KEY=value"),
                        tuple("CONFIG_FILE", "line 3 sets LISTENER_PORT, as line 2 does"),
                        tuple("CONFIG_FILE", "line 4 sets CONFIG_FILE, which a file cannot"));
    }

    @Test
    void aLineIsNotContinued() throws IOException {
        Path file = file("LISTENER_PORT=81 \\ ", "", "CONNECTION_TIMEOUT=\\", "  b:80 weight=5");
        assertThat(problems("CONFIG_FILE", file.toString()))
                .extracting(Problem::message)
                .contains("line 4 must be KEY=value, for a backslash does not continue line 3");
    }

    @Test
    void whatAnUnreadableFileMightHaveSetIsNotMissing() throws IOException {
        Path latin1 = directory.resolve("latin1");
        Files.writeString(latin1, "# a comment\n\n# d\u00e9mo\n", ISO_8859_1);
        String absent = directory.resolve("absent").toString();

        assertThat(problemsOf(Map.of("CONFIG_FILE", absent, "LISTENER_RULE_1_TARGET_GROUP", "demo")))
                .containsExactly(new Problem("CONFIG_FILE", absent, "there is no file " + absent));
        assertThat(problems("CONFIG_FILE", absent, "LISTENER_RULE_1_TARGET_GROUP", "other"))
                .containsExactly(new Problem("CONFIG_FILE", absent, "there is no file " + absent));
        assertThat(problemsOf(Map.of("CONFIG_FILE", latin1.toString())))
                .containsExactly(
                        new Problem("CONFIG_FILE", latin1.toString(), "the file must be UTF-8, but line 3 is not"));
        assertThat(problemsOf(Map.of("CONFIG_FILE", directory.toString(), "LISTENER_PORT", "x")))
                .extracting(Problem::variable)
                .containsExactly("CONFIG_FILE", "LISTENER_PORT");
    }

    /** Once, such a file took all memory, and each of its lines became a line of the log. */
    @ParameterizedTest
    @CsvSource({"1048576, false", "1048577, true"})
    void aFileThatIsNoConfigurationIsNotReadAsOne(int bytes, boolean isRefused) throws IOException {
        Path file = Files.writeString(directory.resolve("large"), "#".repeat(bytes));
        assertThat(problemsOf(Map.of("CONFIG_FILE", file.toString())))
                .extracting(Problem::variable)
                .satisfies(wrong -> assertThat(wrong.contains("CONFIG_FILE")).isEqualTo(isRefused));
        assertThat(problemsOf(Map.of("CONFIG_FILE", "/dev/null")))
                .extracting(Problem::message)
                .containsExactly("the file cannot be read: it is not a regular file");
    }

    /** The file may have switched on the features that these variables belong to. */
    @ParameterizedTest
    @CsvSource({
        "ADMIN_ALLOW, 10.0.0.0/8",
        "ACCESS_LOG_HEADERS, Referer",
        "LISTENER_TLS_KEY_FILE, key.pem",
        "DNS_MIN_TTL_SECONDS, 600",
        "TARGET_GROUP_1_TLS_INSECURE_SKIP_VERIFY, true",
        "TARGET_GROUP_1_QUEUE_SIZE, 10",
        "TARGET_GROUP_1_HEALTH_CHECK_PORT, 81",
        "TARGET_GROUP_1_STICKINESS_COOKIE_NAME, JSESSIONID",
    })
    void whatAnUnreadableFileMightHaveSetIsNotMissedByOthers(String variable, String value) {
        assertThat(problems(variable, value)).isNotEmpty();
        String absent = directory.resolve("absent").toString();
        assertThat(problems("CONFIG_FILE", absent, variable, value))
                .containsExactly(new Problem("CONFIG_FILE", absent, "there is no file " + absent));
    }

    @Test
    void theReadmeNamesEveryPrefix() throws IOException {
        assertThat(Files.readString(Path.of("README.md")))
                .contains(Misspellings.PREFIXES.stream()
                        .map(prefix -> "`" + prefix + "`")
                        .toList());
    }

    private Path file(String... lines) throws IOException {
        return Files.writeString(directory.resolve("sluice.conf"), String.join("\n", lines));
    }

    private static Configuration load(String... variables) {
        return Configuration.load(leastAnd(variables), Map.of());
    }

    private static TargetGroupConfiguration group(String... variables) {
        return load(variables).targetGroups().get(0);
    }

    private static List<Problem> problems(String... variables) {
        return problemsOf(leastAnd(variables));
    }

    private static List<Problem> problemsOf(Map<String, String> environment) {
        return problemsOf(environment, Map.of());
    }

    private static List<Problem> problemsOf(Map<String, String> environment, Map<String, String> contextParameters) {
        return catchThrowableOfType(
                        ConfigurationException.class, () -> Configuration.load(environment, contextParameters))
                .problems();
    }

    private static Map<String, String> leastAnd(String... variables) {
        Map<String, String> environment = new HashMap<>(LEAST);
        for (int i = 0; i < variables.length; i += 2) {
            environment.put(variables[i], variables[i + 1]);
        }
        return environment;
    }
}
